#!/usr/bin/env python3
"""Signs with an Ed25519 key that an ssh-agent holds.

    ssh-agent.py --public KEY.pub     the public key as PEM, for --signer-key
    ssh-agent.py KEY.pub              signs standard input; writes the base64 of 64 bytes

KEY.pub is the public key as ssh-keygen wrote it; $SSH_AUTH_SOCK leads to the agent. Let
the key sign nothing else: what SSH has signed is of another form, but one key is for one
purpose. Only plain Ed25519 keys: an agent's security keys (sk-) sign more than the message.
"""
import base64
import os
import socket
import struct
import sys


def string(b):
    return struct.pack(">I", len(b)) + b


def take(b):
    n = struct.unpack(">I", b[:4])[0]
    if n > len(b) - 4:
        sys.exit("the ssh-agent answered with something that is cut off")
    return b[4 : 4 + n], b[4 + n :]


def public(file):
    with open(file) as f:
        fields = f.read().split()
    if len(fields) < 2 or fields[0] != "ssh-ed25519":
        sys.exit(f"{file} is no ssh-ed25519 public key")
    blob = base64.b64decode(fields[1], validate=True)
    kind, rest = take(blob)
    key, rest = take(rest)
    if kind != b"ssh-ed25519" or len(key) != 32 or rest:
        sys.exit(f"{file} is no ssh-ed25519 public key")
    return blob, key


def receive(agent, n):
    b = b""
    while len(b) < n:
        part = agent.recv(n - len(b))
        if not part:
            sys.exit("the ssh-agent hung up")
        b += part
    return b


def sign(blob, message):
    path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        sys.exit("SSH_AUTH_SOCK is not set: start an ssh-agent, and add the key with ssh-add")
    # RFC draft-ietf-sshm-ssh-agent: 13 asks for a signature, 14 brings it.
    request = b"\x0d" + string(blob) + string(message) + struct.pack(">I", 0)
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(path)
        agent.sendall(string(request))
        answer = receive(agent, struct.unpack(">I", receive(agent, 4))[0])
    if answer[:1] != b"\x0e":
        sys.exit("the ssh-agent did not sign: does 'ssh-add -L' list the key, and did you confirm?")
    kind, signature = take(take(answer[1:])[0])
    signature = take(signature)[0]
    if kind != b"ssh-ed25519" or len(signature) != 64:
        sys.exit("the ssh-agent signed in another way")
    return signature


def main(args):
    if len(args) == 2 and args[0] == "--public":
        spki = bytes.fromhex("302a300506032b6570032100") + public(args[1])[1]
        print("-----BEGIN PUBLIC KEY-----", base64.b64encode(spki).decode(), "-----END PUBLIC KEY-----", sep="\n")
    elif len(args) == 1:
        print(base64.b64encode(sign(public(args[0])[0], sys.stdin.buffer.read())).decode())
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
