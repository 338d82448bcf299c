#!/usr/bin/env bash
# First boot of an origin instance: fetches the release named by the launch template, installs its units and starts
# them. Amazon Linux 2023. A stopped instance of the warm pool does not run this again; systemd starts the enabled
# units.
set -euo pipefail
root=${INSTANCE_ROOT:-}
set -a
# shellcheck source=/dev/null
. "$root/etc/spillway/instance.env"
set +a

# openssl makes the origin's certificate (configure.ts).
dnf install -y -q amazon-cloudwatch-agent openssl
id spillway >/dev/null 2>&1 || useradd --system --home-dir /var/lib/spillway --shell /sbin/nologin spillway

release_folder=/opt/spillway/$RELEASE
current=$root/opt/spillway/current
# User data brings it, since there is no release yet.
bash "$current/instance/fetch-release.sh" "$RELEASE" "$root$release_folder"
[[ -L $current ]] || rm -rf "$current"
ln -sfn "$root$release_folder" "$current"
instance=$current/instance

install -m 0644 "$instance"/spillway-*.service "$instance"/spillway-*.timer "$root/etc/systemd/system/"
install -m 0644 "$instance/logrotate.conf" "$root/etc/logrotate.d/spillway"
# Its size limit is only looked at when the timer rings, which is once a day otherwise: a debug log fills a disk sooner.
mkdir -p "$root/etc/systemd/system/logrotate.timer.d"
printf '[Timer]\nOnCalendar=\nOnCalendar=hourly\n' > "$root/etc/systemd/system/logrotate.timer.d/spillway.conf"
agent=$root/opt/aws/amazon-cloudwatch-agent
for template in cloudwatch-agent.json prometheus.yaml; do
  sed -e "s|@STAGE@|$STAGE|g" -e "s|@RELEASE_COMMIT@|${RELEASE%%-*}|g" -e "s|@METRICS_ADDRESS@|127.0.0.1:$PORT|g" \
    "$instance/$template" > "$agent/etc/$template"
done
# The agent finishes starting in the background; the origin does not wait for it.
"$agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$agent/etc/cloudwatch-agent.json"

systemctl daemon-reload
systemctl restart logrotate.timer
systemctl enable --now spillway-origin.service spillway-lifecycle.service spillway-edge-keys.timer
