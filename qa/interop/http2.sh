# Part of `run`: WebSockets in HTTP/2 (RFC 8441), libraries and browsers, directly and through proxies.

# push_server with and without TLS.
http2_servers() {
    start push_server_tls "$target/debug/push_server" 127.0.0.1:0 --report 0 --deflate --tls "$work/driver.pem"
    export HTTP2_TLS_ADDRESS=localhost:${address#*:} HTTP2_TLS_PID=$pid
    start push_server "$target/debug/push_server" 127.0.0.1:0 --report 0 --deflate
    export HTTP2_PLAIN_ADDRESS=$address HTTP2_PLAIN_PID=$pid
    start http2_server "$DRIVER_ECHO" --driver http2 --role server --cert "$DRIVER_CERT" --key "$DRIVER_KEY"
    export HTTP2_STALLING_ADDRESS=localhost:${address#*:}
}

# Proxies that speak TLS and HTTP/2, and before push_server HTTP/1.1 or HTTP/2. A line for each way in HTTP2_WAYS: name, port,
# `tls` or `plain`, the version in which push_server gets a WebSocket, or `-` if the proxy lets none through.
http2_ways() {
    local port inside ports=()
    HTTP2_WAYS="directly over TLS,${HTTP2_TLS_ADDRESS#*:},tls,HTTP/2
directly without TLS,${HTTP2_PLAIN_ADDRESS#*:},plain,HTTP/2"
    for inside in 1.1 2; do
        port=$(free_port) ports+=("$port")
        background nghttpx --conf=/dev/null --no-ocsp --frontend-http2-connection-window-size=16M --frontend="127.0.0.1,$port" \
            --backend="${HTTP2_PLAIN_ADDRESS/:/,};;proto=$([ $inside = 2 ] && echo h2 || echo http/1.1)" \
            "$DRIVER_KEY" "$DRIVER_CERT" > "$work/logs/http2-nghttpx-$inside.log" 2>&1
        HTTP2_WAYS+=$'\n'"through nghttpx to HTTP/$inside,$port,tls,HTTP/$inside"
        port=$(free_port) ports+=("$port")
        printf '%s\n' defaults "mode http" "timeout connect 5s" "timeout client 60s" "timeout server 60s" "timeout tunnel 60s" \
            "frontend front" "bind 127.0.0.1:$port ssl crt $work/driver.pem alpn h2,http/1.1" "default_backend it" \
            "backend it" "server it $HTTP2_PLAIN_ADDRESS$([ $inside = 2 ] && echo " proto h2")" > "$work/http2-haproxy-$inside.cfg"
        background haproxy -db -f "$work/http2-haproxy-$inside.cfg" > "$work/logs/http2-haproxy-$inside.log" 2>&1
        HTTP2_WAYS+=$'\n'"through HAProxy to HTTP/$inside,$port,tls,HTTP/$inside"
    done
    port=$(free_port) ports+=("$port")
    {
        printf '%s\n' "pid $work/http2-nginx.pid;" "error_log stderr;" "daemon off;" "events {}" "http {" "access_log off;"
        printf '%s\n' "client_body_temp_path $work/nginx-body;" "proxy_temp_path $work/nginx-proxy;"
        printf '%s\n' "fastcgi_temp_path $work/nginx-f;" "uwsgi_temp_path $work/nginx-u;" "scgi_temp_path $work/nginx-s;"
        printf '%s\n' "server {" "listen 127.0.0.1:$port ssl http2;" "ssl_certificate $DRIVER_CERT;" "ssl_certificate_key $DRIVER_KEY;"
        printf '%s\n' "proxy_http_version 1.1;" "proxy_set_header Upgrade \$http_upgrade;" "proxy_set_header Connection upgrade;"
        printf '%s\n' "proxy_set_header Host \$http_host;"
        printf '%s\n' "location / { proxy_pass http://$HTTP2_PLAIN_ADDRESS; }" "}}"
    } > "$work/http2-nginx.conf"
    background nginx -c "$work/http2-nginx.conf" > "$work/logs/http2-nginx.log" 2>&1
    HTTP2_WAYS+=$'\n'"through nginx,$port,tls,-"
    for port in "${ports[@]}"; do
        for _ in $(seq 200); do answers "$port" && continue 2; sleep 0.05; done
        cat "$work"/logs/http2-*.log && exit 1
    done
    export HTTP2_WAYS
}

part_http2() {
    local pid status
    PATH=$PATH:/usr/sbin
    python_packages
    node_packages
    command -v chromium > /dev/null || packages chromium
    command -v firefox-esr > /dev/null || packages firefox-esr
    command -v nginx > /dev/null || packages nginx-light
    command -v haproxy > /dev/null || packages haproxy
    command -v nghttpx > /dev/null || packages nghttp2-proxy
    cargo build --quiet --manifest-path "$here/programs/Cargo.toml" --target-dir "$target"
    export DRIVER_ECHO=$target/debug/driver_echo SCREENSHOTS=$work
    certificate
    drive "$python" "$here/python/http2_servers.py"
    http2_servers
    http2_ways
    # each ends a server
    drive "$python" "$here/python/http2_clients.py"
    drive node "$here/node/http2_browsers.mjs"
    for pid in "$HTTP2_TLS_PID" "$HTTP2_PLAIN_PID"; do
        status=0
        wait "$pid" || status=$?
        [ "$status" = 0 ] || fail "push_server: exit status $status after one SIGINT"
    done
}
