package picture

// style has the colours of the pack's page. Every selector begins with the picture's
// class, so that it can stand inside of a page and change nothing there.
const style = `
.custody-impact{--page:#fff;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d5d8dc;--band:#8aa0b814;--edge:#9aa7b4;--open:#8a5300;
--chg:#fff3d6;--chgline:#b7791f;--code:#1f6feb;--test:#1a7f4b;--doc:#7b4fc9;
font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){.custody-impact{--page:#14171a;--card:#1d2125;--ink:#e6e8ea;--soft:#a3abb3;--line:#3a4047;--band:#8aa0b80f;--edge:#6b7887;--open:#f2b95c;
--chg:#3a2c10;--chgline:#d9a13b;--code:#6aa7ff;--test:#58c88a;--doc:#b795f5}}
.custody-impact text{fill:var(--ink);white-space:pre}
.custody-impact .page{fill:var(--page)}
.custody-impact .h{font:600 17px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
.custody-impact .u,.custody-impact .w,.custody-impact .r{font:12.5px system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--soft)}
.custody-impact .w{fill:var(--open)}
.custody-impact .r{text-anchor:middle}.custody-impact .e{text-anchor:start}
.custody-impact .ring{fill:var(--band);stroke:var(--line)}
.custody-impact .b{fill:var(--card);stroke:var(--line)}
.custody-impact .q{stroke:var(--soft);stroke-dasharray:4 3}
.custody-impact .c{fill:var(--chg);stroke:var(--chgline)}
.custody-impact .t,.custody-impact .ct{font-weight:700}
.custody-impact .s,.custody-impact .cs{fill:var(--soft)}
.custody-impact .t-test{fill:var(--test)}
.custody-impact .t-document{fill:var(--doc)}
.custody-impact .k-package,.custody-impact .k-file{fill:var(--code)}
.custody-impact .k-test{fill:var(--test)}
.custody-impact .k-document{fill:var(--doc)}
.custody-impact .l{fill:none;stroke:var(--edge);stroke-opacity:.55}
.custody-impact .o{stroke-opacity:.2}
.custody-impact .l1{stroke-width:1}.custody-impact .l2{stroke-width:1.6}.custody-impact .l3{stroke-width:2.4}.custody-impact .l4{stroke-width:3.2}.custody-impact .l5{stroke-width:4.2}
`
