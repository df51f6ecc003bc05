# Parts of `run`: permessage-deflate, the examples and the drivers against the same peers, in both roles.

# echo_server with and without compression: a line with name and URL for each in DEFLATE_URLS.
deflate_servers() {
    DEFLATE_URLS=
    start echo_server_with "$EXAMPLES/echo_server" --port 0 --deflate
    DEFLATE_ADDRESS=$address
    DEFLATE_URLS+="with ws://$address/"$'\n'
    start echo_server_of_small_windows "$EXAMPLES/echo_server" --port 0 \
        --deflate=server_max_window_bits=9,client_max_window_bits=10
    DEFLATE_URLS+="with_small_windows ws://$address/"$'\n'
    start echo_server_without_takeover "$EXAMPLES/echo_server" --port 0 \
        --deflate=server_no_context_takeover,client_no_context_takeover
    DEFLATE_URLS+="without_takeover ws://$address/"$'\n'
    start echo_server_without "$EXAMPLES/echo_server" --port 0
    DEFLATE_URLS+="without ws://$address/"$'\n'
    start echo_server_of_short_messages "$EXAMPLES/echo_server" --port 0 --deflate --max-message 1000
    export DEFLATE_URLS DEFLATE_SHORT_URL=ws://$address/
}

# nginx and HAProxy before the server that compresses.
deflate_proxies() {
    local nginx_port haproxy_port
    PATH=$PATH:/usr/sbin
    command -v nginx > /dev/null || packages nginx-light
    command -v haproxy > /dev/null || packages haproxy
    nginx_port=$(free_port) haproxy_port=$(free_port)
    {
        printf '%s\n' "pid $work/deflate-nginx.pid;" "error_log stderr;" "daemon off;" "events {}" "http {" "access_log off;"
        printf '%s\n' "client_body_temp_path $work/nginx-body;" "proxy_temp_path $work/nginx-proxy;"
        printf '%s\n' "fastcgi_temp_path $work/nginx-f;" "uwsgi_temp_path $work/nginx-u;" "scgi_temp_path $work/nginx-s;"
        printf '%s\n' "server {" "listen 127.0.0.1:$nginx_port;" "proxy_http_version 1.1;"
        printf '%s\n' "proxy_set_header Upgrade \$http_upgrade;" "proxy_set_header Connection upgrade;"
        printf '%s\n' "location / { proxy_pass http://$DEFLATE_ADDRESS; }" "}}"
    } > "$work/deflate-nginx.conf"
    {
        printf '%s\n' defaults "mode http" "timeout connect 5s" "timeout client 30s" "timeout server 30s" "timeout tunnel 60s"
        printf '%s\n' "frontend front" "bind 127.0.0.1:$haproxy_port" "default_backend it"
        printf '%s\n' "backend it" "server it $DEFLATE_ADDRESS"
    } > "$work/deflate-haproxy.cfg"
    background nginx -c "$work/deflate-nginx.conf" > "$work/logs/deflate-nginx.log" 2>&1
    background haproxy -db -f "$work/deflate-haproxy.cfg" > "$work/logs/deflate-haproxy.log" 2>&1
    for port in "$nginx_port" "$haproxy_port"; do
        for _ in $(seq 200); do answers "$port" && continue 2; sleep 0.05; done
        cat "$work"/logs/deflate-{nginx,haproxy}.log && exit 1
    done
    export DEFLATE_PROXIES="nginx ws://127.0.0.1:$nginx_port/
HAProxy ws://127.0.0.1:$haproxy_port/"
}

part_deflate() {
    python_packages
    node_packages
    command -v chromium > /dev/null || packages chromium
    command -v firefox-esr > /dev/null || packages firefox-esr
    # Megabytes are compressed many times: the codec is optimized, the rest is as the other parts have it.
    cargo build --quiet --examples --config 'profile.dev.package.upframe.opt-level=2'
    deflate_servers
    deflate_proxies
    export DEFLATE_SERVER=echo_server DEFLATE_CLIENT=$EXAMPLES/echo_client DEFLATE_CLIENT_NAME=echo_client DEFLATE_STEP=1
    drive node "$here/node/deflate_clients.mjs"
    drive node "$here/node/deflate_servers.mjs"
    drive node "$here/node/deflate_browsers.mjs"
    drive "$python" "$here/python/deflate_clients.py"
    drive "$python" "$here/python/deflate_servers.py"
    drive "$python" "$here/python/deflate_raw.py"
}

# The drivers, with fewer offers and parameters: what they share has been tried with all.
part_driver_deflate() {
    local driver client
    python_packages
    node_packages
    command -v chromium > /dev/null || packages chromium
    command -v firefox-esr > /dev/null || packages firefox-esr
    cargo build --quiet --manifest-path "$here/programs/Cargo.toml" --target-dir "$target"
    client=$target/debug/driver_echo
    DEFLATE_URLS=
    for driver in tokio std axum hyper; do
        start "$driver" "$client" --driver "$driver" --role server --deflate
        DEFLATE_URLS+="$driver ws://$address/"$'\n'
    done
    export DEFLATE_URLS DEFLATE_PROXIES= DEFLATE_SERVER='server on' DEFLATE_STEP=9
    drive node "$here/node/deflate_clients.mjs"
    drive "$python" "$here/python/deflate_clients.py"
    drive node "$here/node/deflate_browsers.mjs"
    for driver in tokio std hyper; do
        export DEFLATE_CLIENT="$client --driver $driver --role client" DEFLATE_CLIENT_NAME="client on $driver"
        drive node "$here/node/deflate_servers.mjs"
        drive "$python" "$here/python/deflate_servers.py"
    done
}
