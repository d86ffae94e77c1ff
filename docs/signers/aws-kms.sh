#!/bin/sh
# Signs with a key that AWS KMS holds (ECC_NIST_P256, SIGN_VERIFY), by the AWS CLI:
#
#   aws-kms.sh KEY-ID     signs standard input; writes the base64 of an ASN.1 signature
#
# The public key, for --signer-key, once:
#
#   aws kms get-public-key --key-id KEY-ID --query PublicKey --output text |
#     base64 -d | openssl pkey -pubin -inform DER -out public.pem
#
# The service gets a digest: what it signs by itself has at most 4,096 bytes.
set -eu
digest=$(mktemp) && trap 'rm -f "$digest"' EXIT
openssl dgst -sha256 -binary > "$digest"
aws kms sign --key-id "$1" --message-type DIGEST --message "fileb://$digest" \
	--signing-algorithm ECDSA_SHA_256 --query Signature --output text
