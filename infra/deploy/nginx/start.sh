# Starts nginx, which has to be told whom to ask for the gateways' addresses: the DNS servers of this container, whatever engine
# runs it.
set -eu
servers=$(awk '$1 == "nameserver" { print ($2 ~ /:/ ? "[" $2 "]" : $2) }' /etc/resolv.conf | tr '\n' ' ')
echo "resolver ${servers:?/etc/resolv.conf names no DNS server}valid=5s;" >/tmp/resolver.conf
exec nginx -c /etc/nginx/ticketing/nginx.conf -g 'daemon off;'
