# Part of `run`: the drivers against the same peers, both roles, `ws` and `wss`, directly and through nginx and HAProxy.

# A certificate for localhost, made for this run.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
        -keyout "$work/driver.key" -out "$work/driver.crt" 2> "$work/logs/openssl.log"
    cat "$work/driver.crt" "$work/driver.key" > "$work/driver.pem"
    export DRIVER_CERT=$work/driver.crt DRIVER_KEY=$work/driver.key
}

# An echo server on each driver, with and without TLS: a line with name and URL for each in DRIVER_URLS.
driver_servers() {
    local driver
    plain=()
    DRIVER_URLS=
    for driver in tokio std axum hyper embedded; do
        start "$driver" "$DRIVER_ECHO" --driver "$driver" --role server
        plain+=("$driver $address")
        DRIVER_URLS+="$driver ws://$address/"$'\n'
        start "$driver-tls" "$DRIVER_ECHO" --driver "$driver" --role server --cert "$DRIVER_CERT" --key "$DRIVER_KEY"
        DRIVER_URLS+="$driver wss://localhost:${address#*:}/"$'\n'
    done
    export DRIVER_URLS
}

# nginx and HAProxy before the servers, and before a peer on PEER_PORT, with and without TLS. The path tells which.
proxies() {
    local nginx_port nginx_tls haproxy_port haproxy_tls entry driver address
    PATH=$PATH:/usr/sbin
    command -v nginx > /dev/null || packages nginx-light
    command -v haproxy > /dev/null || packages haproxy
    nginx_port=$(free_port) nginx_tls=$(free_port) haproxy_port=$(free_port) haproxy_tls=$(free_port)
    PEER_PORT=$(free_port)
    export PEER_PORT
    {
        printf '%s\n' "pid $work/driver-nginx.pid;" "error_log stderr;" "daemon off;" "events {}" "http {" "access_log off;"
        printf '%s\n' "client_body_temp_path $work/nginx-body;" "proxy_temp_path $work/nginx-proxy;"
        printf '%s\n' "fastcgi_temp_path $work/nginx-f;" "uwsgi_temp_path $work/nginx-u;" "scgi_temp_path $work/nginx-s;"
        printf '%s\n' "server {" "listen 127.0.0.1:$nginx_port;" "listen 127.0.0.1:$nginx_tls ssl;"
        printf '%s\n' "ssl_certificate $DRIVER_CERT;" "ssl_certificate_key $DRIVER_KEY;"
        printf '%s\n' "proxy_http_version 1.1;" "proxy_set_header Upgrade \$http_upgrade;" "proxy_set_header Connection upgrade;"
        for entry in "${plain[@]}" "peer 127.0.0.1:$PEER_PORT"; do
            printf 'location /%s { proxy_pass http://%s; }\n' $entry
        done
        echo "}}"
    } > "$work/driver-nginx.conf"
    {
        printf '%s\n' defaults "mode http" "timeout connect 5s" "timeout client 30s" "timeout server 30s" "timeout tunnel 60s"
        printf '%s\n' "frontend front" "bind 127.0.0.1:$haproxy_port" "bind 127.0.0.1:$haproxy_tls ssl crt $work/driver.pem"
        for entry in "${plain[@]}" "peer 127.0.0.1:$PEER_PORT"; do
            printf 'use_backend %s if { path /%s }\n' "${entry%% *}" "${entry%% *}"
        done
        for entry in "${plain[@]}" "peer 127.0.0.1:$PEER_PORT"; do
            printf 'backend %s\nserver it %s\n' $entry
        done
    } > "$work/driver-haproxy.cfg"
    background nginx -c "$work/driver-nginx.conf" > "$work/logs/driver-nginx.log" 2>&1
    background haproxy -db -f "$work/driver-haproxy.cfg" > "$work/logs/driver-haproxy.log" 2>&1
    for port in "$nginx_port" "$haproxy_port"; do
        for _ in $(seq 200); do answers "$port" && continue 2; sleep 0.05; done
        cat "$work"/logs/driver-{nginx,haproxy}.log && exit 1
    done
    PROXY_URLS=
    for entry in "${plain[@]}"; do
        driver=${entry%% *}
        PROXY_URLS+="$driver,nginx ws://127.0.0.1:$nginx_port/$driver"$'\n'
        PROXY_URLS+="$driver,nginx wss://localhost:$nginx_tls/$driver"$'\n'
        PROXY_URLS+="$driver,haproxy ws://127.0.0.1:$haproxy_port/$driver"$'\n'
        PROXY_URLS+="$driver,haproxy wss://localhost:$haproxy_tls/$driver"$'\n'
    done
    PEER_URLS="nginx ws://127.0.0.1:$nginx_port/peer
nginx wss://localhost:$nginx_tls/peer
haproxy ws://127.0.0.1:$haproxy_port/peer
haproxy wss://localhost:$haproxy_tls/peer"
    export PROXY_URLS PEER_URLS
}

part_drivers() {
    python_packages
    node_packages
    cargo build --quiet --manifest-path "$here/programs/Cargo.toml" --target-dir "$target"
    export DRIVER_ECHO=$target/debug/driver_echo
    certificate
    driver_servers
    proxies
    drive "$python" "$here/python/driver_clients.py"
    drive "$python" "$here/python/driver_servers.py"
    drive node "$here/node/driver_clients.mjs"
    drive node "$here/node/driver_servers.mjs"
}

# Chromium and Firefox against the servers.
part_driver_browsers() {
    node_packages
    command -v chromium > /dev/null || packages chromium
    command -v firefox-esr > /dev/null || packages firefox-esr
    cargo build --quiet --manifest-path "$here/programs/Cargo.toml" --target-dir "$target"
    export DRIVER_ECHO=$target/debug/driver_echo
    certificate
    driver_servers
    drive node "$here/node/driver_browsers.mjs"
}
