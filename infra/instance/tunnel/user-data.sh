#!/usr/bin/env bash
# First boot of a connector: cloudflared as pinned by the stage, the tunnel's token from Secrets Manager. Amazon
# Linux 2023. Routes are configured at Cloudflare; the connector only opens outbound connections.
set -euo pipefail
root=${INSTANCE_ROOT:-}
set -a
# shellcheck source=/dev/null
. "$root/etc/spillway/instance.env"
set +a

# The version and the digest of its package. Cloudflare's package repository lists only the newest version; a release on
# GitHub stays. A replaced package does not run: the instance never becomes ready, and the older connectors stay.
version=${CLOUDFLARED%-*}
package=$root/opt/spillway/cloudflared.rpm
curl -fsSL --retry 5 --retry-all-errors -o "$package" \
  "https://github.com/cloudflare/cloudflared/releases/download/$version/cloudflared-linux-aarch64.rpm"
echo "${CLOUDFLARED##*-}  $package" | sha256sum --check --quiet
dnf install -y -q amazon-cloudwatch-agent "$package"
id cloudflared >/dev/null 2>&1 || useradd --system --shell /sbin/nologin cloudflared

# quic-go wants buffers of 7.5 MB, and warns where the kernel allows less: github.com/quic-go/quic-go/wiki/UDP-Buffer-Sizes
printf 'net.core.rmem_max=7500000\nnet.core.wmem_max=7500000\n' > "$root/etc/sysctl.d/50-spillway-tunnel.conf"
sysctl -q --system

instance=$root/opt/spillway/current/instance
install -m 0644 "$instance"/spillway-lifecycle.service "$instance"/tunnel/spillway-tunnel.service \
  "$root/etc/systemd/system/"
agent=$root/opt/aws/amazon-cloudwatch-agent
for template in cloudwatch-agent.json prometheus.yaml; do
  sed -e "s|@STAGE@|$STAGE|g" -e "s|@TUNNEL@|$TUNNEL|g" -e "s|@METRICS_ADDRESS@|$METRICS_ADDRESS|g" \
    "$instance/tunnel/$template" > "$agent/etc/$template"
done
"$agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$agent/etc/cloudwatch-agent.json"

systemctl daemon-reload
systemctl enable --now spillway-tunnel.service spillway-lifecycle.service
