#!/bin/sh
# Runs before nginx (/docker-entrypoint.d). Without a certificate of the shop's own one is made for a rehearsal;
# put the real pair over it as mall.crt and mall.key in the certificates volume.
set -eu
folder="${MALL_CERTIFICATES:-/etc/mall/certificates}"
[ -s "$folder/mall.crt" ] && [ -s "$folder/mall.key" ] && exit 0
mkdir -p "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=${MALL_HOST:-localhost}" \
  -addext "subjectAltName=DNS:${MALL_HOST:-localhost}" -keyout "$folder/mall.key" -out "$folder/mall.crt" 2>/dev/null
echo "mall: made a certificate for ${MALL_HOST:-localhost} that browsers will not trust; put the shop's own in its place."
