#!/bin/sh
# Signs with a key that Google Cloud KMS holds (EC_SIGN_P256_SHA256), by gcloud:
#
#   gcloud-kms.sh LOCATION KEYRING KEY VERSION     signs standard input
#
# The public key, for --signer-key, once:
#
#   gcloud kms keys versions get-public-key VERSION --location LOCATION \
#     --keyring KEYRING --key KEY --output-file public.pem
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cat > "$work/message"
gcloud kms asymmetric-sign --location "$1" --keyring "$2" --key "$3" --version "$4" \
	--digest-algorithm sha256 --input-file "$work/message" --signature-file "$work/signature"
base64 < "$work/signature" | tr -d '\n'
