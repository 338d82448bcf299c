#!/usr/bin/env bash
# Answers the Auto Scaling group: "ready" once /readyz says so, "drained" once the origin has stopped, "unhealthy" when
# /livez has been silent for a minute. Readiness alone never condemns an instance: when the database fails over, every
# origin is unready, and a group that replaced them all would make an outage of half a minute one of ten.
# The group's wish is read from the instance metadata (autoscaling/target-lifecycle-state), so that neither a queue
# nor a function stands between the decision and the drain. Runs from boot until the instance goes.
set -euo pipefail
metadata=${METADATA_URL:-http://169.254.169.254/latest}
poll_seconds=${POLL_SECONDS:-2}
silences_max=${SILENCES_MAX:-30}
answers_max=${ANSWERS_MAX:-30}

token() {
  curl -fsS -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token"
}

read_metadata() {
  curl -fsS -m 2 -H "X-aws-ec2-metadata-token: $(token)" "$metadata/meta-data/$1"
}

# Without a look at the certificate: the origin made it itself, and the way there does not leave this machine.
answers() {
  curl -fsSk -m 2 -o /dev/null "$1"
}

complete() {
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" --instance-id "$instance_id" \
    --lifecycle-hook-name "$1" --lifecycle-action-result CONTINUE
}

instance_id=$(read_metadata instance-id)
answered=''
answers=0
silences=0
while true; do
  wish=$(read_metadata autoscaling/target-lifecycle-state || echo unknown)
  case $wish in
    Terminated | Warmed:Terminated)
      # The wish may be here before every node of the balancer knows that this target leaves: for as long as the
      # balancer drains it, requests that still come are served and not refused.
      [[ $wish == Warmed:* ]] || sleep "$LEAVE_SECONDS"
      systemctl stop spillway-origin.service
      # The hook opens after the balancer's drain; until then, and when the group is not to be reached, it is asked
      # again. One that someone else has answered stays closed: then this ends without it.
      until complete "$TERMINATE_HOOK" || ((++answers >= answers_max)); do sleep "$poll_seconds"; done
      exit 0
      ;;
    InService | Warmed:*)
      # Once for each wish: entering the warm pool and leaving it are two hooks. An instance can be ready before its
      # hook is open, and an answer that was not heard would be the end of it: it is given until it is heard, or for a
      # minute, because after a restart of this script the hook has long been closed.
      if [[ $wish != "$answered" ]] && answers "$READY_URL"; then
        if complete "$LAUNCH_HOOK" || ((++answers >= answers_max)); then
          answered=$wish
          answers=0
        fi
      fi
      if [[ -z $answered ]] || answers "$LIVE_URL"; then
        silences=0
      elif ((++silences == silences_max)); then
        aws autoscaling set-instance-health --instance-id "$instance_id" --health-status Unhealthy || silences=0
      fi
      ;;
  esac
  sleep "$poll_seconds"
done
