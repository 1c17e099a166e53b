# shellcheck shell=bash
# lab scenario seed002
#
# The fleet: ten services on three hosts from one unit template, and a load balancer on
# the first. Boots the hosts that are not up; run again, every service runs again.

seed002_services() {
  cat <<'LIST'
ai-core vector_search_mcp 8000
ai-core real_time_chat_mcp 8001
business-tools gong_mcp 8100
business-tools hubspot_mcp 8101
business-tools linear_mcp 8102
business-tools asana_mcp 8103
data-pipeline github_mcp 8200
data-pipeline notion_mcp 8201
data-pipeline slack_mcp 8202
data-pipeline postgres_mcp 8203
LIST
}

seed002_healthy() { guest "$1" curl -fs -o /dev/null "http://127.0.0.1:$2/health"; }

seed002_host() {
  local name=$1 service port units=()
  guest "$name" sh -c 'id -u ubuntu >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ubuntu'
  while read -r service port; do
    put "$name" 644 seed002/server.py "/home/ubuntu/sophia-main/mcp_servers/$service/server.py"
    put "$name" 644 seed002/sophia-mcp-service.template "/etc/systemd/system/sophia-$service.service" \
      "SERVICE_NAME=$service" "SERVICE_PATH=$service" "SERVICE_PORT=$port" "INSTANCE_IP=$(host_get "$name" ip)"
    units+=("sophia-$service.service")
  done < <(seed002_services | awk -v host="$name" '$1 == host { print $2, $3 }')
  guest "$name" chown -R ubuntu:ubuntu /home/ubuntu
  guest "$name" systemctl daemon-reload
  guest "$name" systemctl enable --quiet --now "${units[@]}"
  while read -r port; do
    host_wait "$name" seed002_healthy "$name" "$port"
  done < <(seed002_services | awk -v host="$name" '$1 == host { print $3 }')
}

scenario() {
  local hosts=(ai-core business-tools data-pipeline) name jobs=()
  command_up "${hosts[@]}"
  for name in "${hosts[@]}"; do
    seed002_host "$name" &
    jobs+=($!)
  done
  for name in "${jobs[@]}"; do wait "$name"; done
  put ai-core 644 seed002/nginx.conf /etc/nginx/sites-enabled/sophia \
    "AI_CORE=$(host_get ai-core ip)" "BUSINESS_TOOLS=$(host_get business-tools ip)"
  guest ai-core systemctl enable --quiet --now nginx.service
  guest ai-core systemctl reload nginx.service
}
