#!/usr/bin/env bash
# First boot of a connector: cloudflared from Cloudflare's own repository, the tunnel's token from Secrets Manager.
# Amazon Linux 2023. Routes are configured at Cloudflare; the connector only opens outbound connections.
set -euo pipefail
root=${INSTANCE_ROOT:-}
set -a
# shellcheck source=/dev/null
. "$root/etc/spillway/instance.env"
set +a

# Installs the newest version, not a pinned one: Cloudflare supports a version for one year and signs its packages. The
# connector sees nothing that Cloudflare, which wrote it, does not see anyway.
curl -fsSL https://pkg.cloudflare.com/cloudflared.repo -o "$root/etc/yum.repos.d/cloudflared.repo"
dnf install -y -q cloudflared
id cloudflared >/dev/null 2>&1 || useradd --system --shell /sbin/nologin cloudflared

# quic-go wants buffers of 7.5 MB, and warns where the kernel allows less: github.com/quic-go/quic-go/wiki/UDP-Buffer-Sizes
printf 'net.core.rmem_max=7500000\nnet.core.wmem_max=7500000\n' > "$root/etc/sysctl.d/50-spillway-tunnel.conf"
sysctl -q --system

# Fetched at each start, so that a new token needs only a restart.
cat > "$root/usr/local/bin/spillway-tunnel-token" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
umask 077
aws secretsmanager get-secret-value --secret-id "$TUNNEL_SECRET" --query SecretString --output text \
  > "$RUNTIME_DIRECTORY/token"
chown cloudflared "$RUNTIME_DIRECTORY/token"
SCRIPT
chmod 0755 "$root/usr/local/bin/spillway-tunnel-token"

cat > "$root/etc/systemd/system/spillway-tunnel.service" <<'UNIT'
[Unit]
Description=Spillway tunnel to the edge
Wants=network-online.target
After=network-online.target
# Restarts without limit: until the secret holds a token, the unit fails every few seconds.
StartLimitIntervalSec=0

[Service]
Type=notify
User=cloudflared
EnvironmentFile=/etc/spillway/instance.env
RuntimeDirectory=spillway-tunnel
RuntimeDirectoryMode=0700
ExecStartPre=+/usr/local/bin/spillway-tunnel-token
ExecStart=/usr/bin/cloudflared tunnel --no-autoupdate --metrics 127.0.0.1:20241 run --token-file /run/spillway-tunnel/token
Restart=always
RestartSec=5
TimeoutStartSec=60
# cloudflared finishes requests in flight on SIGTERM; its own grace period is 30 s.
TimeoutStopSec=40
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now spillway-tunnel.service
