# shellcheck shell=bash
# lab scenario seed001 NAME [--restart-sec SECONDS]
#
# The incident: a unit that restarts forever, because its sandbox lets it write to a stale
# directory instead of its data; a copy of the same server, started by hand weeks ago, that
# holds its port and serves; and backups, punctual ones, of the stale directory.
# Run again, it is as at the start, whatever was mended or broken meanwhile.

seed001_home=/mnt/coordinaton_mcp_data

# Fills a data directory with 231 files, the names as in the incident.
seed001_data() {
  local data=$1 n
  mkdir -p "$data"/{projects,messages,lessons}
  echo '{"active": ["Kai", "Zara", "Viktor", "Nova", "Phoenix", "Lupo"]}' >"$data/instances.json"
  # One that `cp -r data/*` leaves behind.
  echo 3 >"$data/.schema-version"
  : >"$data/messages/inbox.jsonl"
  for n in $(seq -w 40); do echo "{\"project\": \"modern-art-portfolio-$n\"}" >"$data/projects/project-$n.json"; done
  for n in $(seq -w 150); do echo "{\"to\": \"Lupo\", \"n\": \"$n\"}" >"$data/messages/message-$n.json"; done
  for n in $(seq -w 38); do echo "{\"lesson\": \"$n\"}" >"$data/lessons/lesson-$n.json"; done
}

seed001_touch() { find "$1" -depth -exec touch -h -d "$2" {} +; }

seed001_backups() {
  local home=$1 copy archive time hours
  copy=$(mktemp -d "$run/backup.XXXXXX")
  mkdir -p "$home/production-data-backups"
  # The runs that cron would have done: at 0, 6, 12 and 18 o'clock, three days back.
  local last=$(($(date +%s) / 21600 * 21600))
  for hours in $(seq 0 6 66); do
    time=$((last - hours * 3600))
    archive=$home/production-data-backups/data-$(date -u -d "@$time" +%Y%m%d_%H%M%S).tar.gz
    # As the script does it: without hidden files, and with new times.
    cp -r "$home"/production-data/* "$copy/"
    seed001_touch "$copy" "@$time"
    tar -czf "$archive" -C "$copy" .
    touch -d "@$((time + 1))" "$archive"
  done
  rm -rf "$copy"
}

# Takes away what an earlier run, or a repair, has left.
seed001_reset() {
  local name=$1
  guest "$name" systemctl disable --now mcp-coordination.service >/dev/null 2>&1 || true
  guest "$name" sh -c 'ss -Hltnp "sport = :3444" | grep -o "pid=[0-9]*" | cut -d= -f2 | xargs -r kill'
  guest "$name" sh -c "rm -rf $seed001_home /etc/systemd/system/mcp-coordination.service*"
}

seed001_port_free() { guest "$1" sh -c '[ -z "$(ss -Hltn "sport = :3444")" ]'; }
seed001_healthy() { guest "$1" curl -fs -o /dev/null http://127.0.0.1:3444/health; }
seed001_failed_once() { [ "$(guest "$1" systemctl show -p ExecMainStatus --value mcp-coordination)" = 1 ]; }

scenario() {
  need_host "${1:-}"
  need_systemd "$1"
  local name=$1 restart=10 home
  [ "$(host_get "$name" generation)" = bookworm ] || die "seed001 needs a bookworm host: cron and nginx"
  [ "${2:-}" != --restart-sec ] || restart=${3:?--restart-sec needs seconds}
  seed001_reset "$name"
  host_wait "$name" seed001_port_free "$name"
  home=$(host_root "$name")$seed001_home

  put "$name" 644 seed001/streamable-http-server.py $seed001_home/production/src/streamable-http-server.py
  put "$name" 755 seed001/backup-production-data.sh $seed001_home/production/scripts/backup-production-data.sh
  put "$name" 644 seed001/mcp-coordination.service /etc/systemd/system/mcp-coordination.service "RESTART_SEC=$restart"
  put "$name" 644 seed001/nginx.conf /etc/nginx/sites-enabled/coordination
  put "$name" 600 seed001/crontab /var/spool/cron/crontabs/root
  guest "$name" chown root:crontab /var/spool/cron/crontabs/root
  mkdir -p "$home/production/logs" "$home/Human-Adjacent-Coordination"
  cp -r "$home/production/src" "$home/Human-Adjacent-Coordination/"

  seed001_data "$home/production/data"
  seed001_data "$home/production-data"
  seed001_touch "$home/production-data" "3 days ago"
  seed001_backups "$home"

  # By hand, from a session: it belongs to no unit, and outlives the session.
  guest_session "$name" "cd $seed001_home/production || exit
    SSE_PORT=3444 SSE_HOST=localhost setsid nohup python3 src/streamable-http-server.py \
      >>logs/server.log 2>&1 </dev/null &"
  host_wait "$name" seed001_healthy "$name"

  guest "$name" systemctl daemon-reload
  guest "$name" systemctl enable --quiet --now cron.service nginx.service
  guest "$name" systemctl reload nginx.service
  guest "$name" systemctl enable --quiet mcp-coordination.service
  guest "$name" systemctl start --no-block mcp-coordination.service
  # The incident begins with the first failure.
  host_wait "$name" seed001_failed_once "$name"
}
