package personaldata

import (
	"regexp"
	"strings"
	"sync"
)

// A number is a kind of number that tells of one person, recognised by its form and its
// check digits. Where the form is common, a word must stand before it, too.
type number struct {
	rule string // of def.yaml
	name string
	expr string // group 1 is the number
	word string // expression of a word that must stand before it on its line; "": none
	ok   func(string) bool
}

var numbers = []number{
	{"iban", "an IBAN", `\b([A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?)\b`, "", isIBAN},
	{"card", "the number of a payment card", `(?:^|[^0-9A-Za-z_.\-/])([0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4})(?:$|[^0-9A-Za-z_\-])`, "", isCard},
	{"card", "the number of a payment card", `(?:^|[^0-9A-Za-z_.\-/])([0-9]{14,16})(?:$|[^0-9A-Za-z_\-])`, `card|visa|mastercard|amex|american express|discover|diners|\bpan\b|kreditkarte|carte bancaire|tarjeta`, isCard},

	{"national-id", "an Italian codice fiscale", `\b([A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z])\b`, "", isCodiceFiscale},
	{"national-id", "a French social security number", `(?:^|[^0-9A-Za-z])([12][ ]?[0-9]{2}[ ]?(?:0[1-9]|1[0-2])[ ]?(?:[0-9]{2}|2[AB])[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2})(?:$|[^0-9A-Za-z])`, "", isNIR},
	{"national-id", "a Finnish personal identity code", `\b([0-3][0-9][01][0-9]{3}[-+ABCDEFYXWVU][0-9]{3}[0-9A-FHJ-NPR-Y])\b`, "", isHetu},
	{"national-id", "a Brazilian CPF", `(?:^|[^0-9.])([0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})(?:$|[^0-9])`, "", isCPF},
	{"national-id", "a Swiss AHV number", `(?:^|[^0-9.])(756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2})(?:$|[^0-9])`, "", isEAN13},
	{"national-id", "a Belgian national number", `(?:^|[^0-9.])([0-9]{2}\.[01][0-9]\.[0-3][0-9]-[0-9]{3}\.[0-9]{2})(?:$|[^0-9])`, "", isBelgian},
	{"national-id", "a Swedish personnummer", `(?:^|[^0-9\-])((?:19|20)?[0-9]{2}[01][0-9][0-3][0-9][-+]?[0-9]{4})(?:$|[^0-9\-])`, `personnummer|personal identity|swedish`, isPersonnummer},
	{"national-id", "a Polish PESEL", `(?:^|[^0-9])([0-9]{11})(?:$|[^0-9])`, `pesel`, weighted([]int{1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}, 10)},
	{"national-id", "a German tax id", `(?:^|[^0-9])([1-9][0-9]{10}|[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3})(?:$|[^0-9])`, `steuer|idnr|tax[ -]?id|\btin\b`, isSteuerID},
	{"national-id", "a Spanish DNI or NIE", `(?:^|[^0-9A-Za-z])([XYZ]?[0-9]{7,8}-?[A-HJ-NP-TV-Z])(?:$|[^0-9A-Za-z])`, `\bdni\b|\bnie\b|\bnif\b`, isDNI},
	{"national-id", "a Dutch BSN", `(?:^|[^0-9])([0-9]{9})(?:$|[^0-9])`, `\bbsn\b|burgerservice|sofi`, weighted([]int{9, 8, 7, 6, 5, 4, 3, 2, -1}, 11)},
	{"national-id", "a US social security number", `(?:^|[^0-9\-])([0-9]{3}-[0-9]{2}-[0-9]{4})(?:$|[^0-9\-])`, `\bssn\b|social[ -]security`, isSSN},
	{"national-id", "a British national insurance number", `\b([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D])\b`, `national insurance|\bnino?\b`, isNINO},
	{"national-id", "an NHS number", `(?:^|[^0-9])([0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4})(?:$|[^0-9])`, `\bnhs\b`, isNHS},
	{"national-id", "a Canadian social insurance number", `(?:^|[^0-9])([1-9][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3})(?:$|[^0-9])`, `social insurance|\bsin\b (?:number|no)`, isLuhn},
	{"national-id", "an Australian tax file number", `(?:^|[^0-9])([0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3})(?:$|[^0-9])`, `tax file|\btfn\b`, weighted([]int{1, 4, 3, 7, 5, 8, 6, 9, 10}, 11)},
	{"national-id", "an Indian Aadhaar number", `(?:^|[^0-9])([2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4})(?:$|[^0-9])`, `aadhaar|aadhar|uidai`, isVerhoeff},
	{"national-id", "a Portuguese NIF", `(?:^|[^0-9])([1-35689][0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3})(?:$|[^0-9])`, `contribuinte|\bnif\b`, isNIF},
}

type compiledNumber struct {
	number
	re   *regexp.Regexp
	word *regexp.Regexp
}

var compiledNumbers = sync.OnceValue(func() []compiledNumber {
	var all []compiledNumber
	for _, n := range numbers {
		c := compiledNumber{number: n, re: regexp.MustCompile(n.expr)}
		if n.word != "" {
			c.word = regexp.MustCompile("(?i)(?:" + n.word + ")")
		}
		all = append(all, c)
	}
	return all
})

// find says which kinds of numbers stand in a line.
func findNumbers(line string, fn func(rule, name string)) {
	if digits(line) < 6 {
		return
	}
	for _, n := range compiledNumbers() {
		if n.word != nil && !n.word.MatchString(line) {
			continue
		}
		for _, at := range n.re.FindAllStringSubmatchIndex(line, 50) {
			if n.word != nil && !n.word.MatchString(line[:at[2]]) {
				continue
			}
			if n.ok(line[at[2]:at[3]]) {
				fn(n.rule, n.name)
				break
			}
		}
	}
}

func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// bare leaves letters and digits.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == '+' {
			return -1
		}
		return r
	}, s)
}

// dull numbers are made up: one digit all along, or digits in a row.
func dull(s string) bool {
	same, up, down := true, true, true
	for i := 1; i < len(s); i++ {
		d := (int(s[i]) - int(s[i-1]) + 10) % 10
		same, up, down = same && d == 0, up && d == 1, down && d == 9
	}
	return same || up || down
}

func isLuhn(s string) bool {
	s = bare(s)
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && !dull(s)
}

// testCards are numbers that payment providers publish for tests.
var testCards = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		"4242424242424242": true, "4111111111111111": true, "4012888888881881": true, "4000056655665556": true, "5555555555554444": true,
		"5105105105105100": true, "2223003122003222": true, "5200828282828210": true, "378282246310005": true, "371449635398431": true,
		"378734493671000": true, "6011111111111117": true, "6011000990139424": true, "30569309025904": true, "38520000023237": true,
		"3566002020360505": true, "3530111333300000": true, "6200000000000005": true, "4000000000000002": true, "4917610000000000": true,
		"4444333322221111": true, "5500000000000004": true, "340000000000009": true, "4000002500003155": true, "4000000000009995": true,
	}
})

func isCard(s string) bool {
	s = bare(s)
	if testCards()[s] || !isLuhn(s) || strings.Contains(s, "0000000") || strings.HasSuffix(s, "11111111") {
		return false
	}
	in := func(digits int, from, to string) bool { return s[:digits] >= from && s[:digits] <= to }
	switch len(s) {
	case 14:
		return in(3, "300", "305") || in(2, "36", "36") || in(2, "38", "39")
	case 15:
		return in(2, "34", "34") || in(2, "37", "37")
	case 16:
		return s[0] == '4' || in(2, "51", "55") || in(4, "2221", "2720") || in(4, "6011", "6011") || in(3, "644", "659") || in(4, "3528", "3589") || in(2, "62", "62")
	}
	return false
}

// ibanLength is that of each country in the registry of SWIFT.
var ibanLength = sync.OnceValue(func() map[string]int {
	return map[string]int{
		"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
		"DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
		"HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
		"LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
		"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
		"VA": 22, "VG": 24, "XK": 20,
	}
})

// exampleIBANs stand in the registry and in every manual.
var exampleIBANs = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		"GB82WEST12345698765432": true, "GB29NWBK60161331926819": true, "GB33BUKB20201555555555": true, "DE89370400440532013000": true, "DE75512108001245126199": true,
		"FR1420041010050500013M02606": true, "FR7630006000011234567890189": true, "ES9121000418450200051332": true, "ES7921000813610123456789": true,
		"NL91ABNA0417164300": true, "BE68539007547034": true, "AT611904300234573201": true, "CH9300762011623852957": true, "IT60X0542811101000000123456": true,
		"IE29AIBK93115212345678": true, "IE64IRCE92050112345678": true, "LU280019400644750000": true, "PL61109010140000071219812874": true, "SE4550000000058398257466": true,
		"DK5000400440116243": true, "FI2112345600000785": true, "NO9386011117947": true, "PT50000201231234567890154": true,
	}
})

func isIBAN(s string) bool {
	s = bare(s)
	if exampleIBANs()[s] || len(s) < 5 || ibanLength()[s[:2]] != len(s) || dull(s[4:]) || strings.Contains(s, "00000000") {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' && c <= 'Z' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// weighted is a number whose digits, each times its weight, sum to a multiple.
func weighted(weights []int, modulus int) func(string) bool {
	return func(s string) bool {
		s = bare(s)
		if len(s) != len(weights) || dull(s) {
			return false
		}
		sum := 0
		for i, w := range weights {
			sum += w * int(s[i]-'0')
		}
		return sum%modulus == 0
	}
}

// number is the value of digits, modulo m.
func mod(s string, m int) int {
	n := 0
	for i := range len(s) {
		n = (n*10 + int(s[i]-'0')) % m
	}
	return n
}

func isNIR(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	digits := strings.NewReplacer("2A", "19", "2B", "18").Replace(s[:13])
	return len(s) == 15 && mod(digits, 97) == (97-mod(s[13:], 97))%97 && !dull(s)
}

func isCPF(s string) bool {
	s = bare(s)
	if dull(s) {
		return false
	}
	for _, n := range []int{9, 10} {
		sum := 0
		for i := range n {
			sum += int(s[i]-'0') * (n + 1 - i)
		}
		if sum*10%11%10 != int(s[n]-'0') {
			return false
		}
	}
	return true
}

func isEAN13(s string) bool {
	return weighted([]int{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}, 10)(s) && bare(s) != "7561234567897" && bare(s) != "7569217076985"
}

func isBelgian(s string) bool {
	s = bare(s)
	check := mod(s[9:], 100)
	return (97-mod(s[:9], 97) == check || 97-mod("2"+s[:9], 97) == check) && !dull(s)
}

func isHetu(s string) bool {
	const control = "0123456789ABCDEFHJKLMNPRSTUVWXY"
	return control[mod(s[:6]+s[7:10], 31)] == s[10] && validDay(s[:2], s[2:4])
}

func validDay(day, month string) bool {
	return day >= "01" && day <= "31" && month >= "01" && month <= "12"
}

func isPersonnummer(s string) bool {
	s = bare(s)
	if len(s) == 12 {
		s = s[2:]
	}
	return len(s) == 10 && validDay(s[4:6], s[2:4]) && isLuhn(s)
}

func isSteuerID(s string) bool {
	s = bare(s)
	// Of the first ten digits one stands there twice or three times, the others once.
	var count [10]int
	twice, thrice := 0, 0
	for i := range 10 {
		switch count[s[i]-'0']++; count[s[i]-'0'] {
		case 2:
			twice++
		case 3:
			twice, thrice = twice-1, thrice+1
		case 4:
			return false
		}
	}
	if twice+thrice != 1 {
		return false
	}
	product := 10
	for i := range 10 {
		sum := (int(s[i]-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	check := 11 - product
	return check%10 == int(s[10]-'0') && !dull(s)
}

func isDNI(s string) bool {
	s = bare(s)
	number := strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(s[:len(s)-1])
	return len(number) == 8 && "TRWAGMYFPDXBNJZSQVHLCKE"[mod(number, 23)] == s[len(s)-1] && number != "12345678" && !dull(number)
}

func isSSN(s string) bool {
	area, group, serial := s[:3], s[4:6], s[7:]
	return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000" &&
		s != "078-05-1120" && s != "219-09-9999" && s != "123-45-6789" && !dull(bare(s))
}

func isNINO(s string) bool {
	s = bare(s)
	return !strings.Contains("BG GB KN NK NT TN ZZ QQ", s[:2]) && !dull(s[2:8])
}

func isNHS(s string) bool {
	s = bare(s)
	sum := 0
	for i := range 9 {
		sum += (10 - i) * int(s[i]-'0')
	}
	check := 11 - sum%11
	return check != 10 && check%11 == int(s[9]-'0') && !dull(s)
}

func isNIF(s string) bool {
	s = bare(s)
	sum := 0
	for i := range 8 {
		sum += (9 - i) * int(s[i]-'0')
	}
	check := 11 - sum%11
	if check > 9 {
		check = 0
	}
	return check == int(s[8]-'0') && !dull(s)
}

// isVerhoeff is the check of Verhoeff (1969), by the dihedral group of order ten.
func isVerhoeff(s string) bool {
	s = bare(s)
	times := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return 5 + (a+b-5)%5
		case b < 5:
			return 5 + (a-5-b+5)%5
		}
		return (a - b + 5) % 5
	}
	step := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	c := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		for range i % 8 {
			d = step[d]
		}
		c = times(c, d)
	}
	return c == 0 && !dull(s)
}

// isCodiceFiscale follows the decree of 23 December 1976: odd places count by a table.
func isCodiceFiscale(s string) bool {
	odd := [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range 15 {
		c := int(s[i])
		index := c - '0'
		if c >= 'A' {
			index = c - 'A' + 10
		}
		switch {
		case i%2 == 0:
			sum += odd[index]
		case index >= 10:
			sum += index - 10
		default:
			sum += index
		}
	}
	return byte('A'+sum%26) == s[15] && s != "RSSMRA85T10A562S" && s != "RSSMRA80A01H501U"
}
