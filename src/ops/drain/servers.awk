# The `server` lines of nginx's pools. POSIX awk: mawk, gawk, busybox. What is wanted is in the
# environment, where nothing is taken for an escape:
#   qd_mode      list: prints UPSTREAM ADDRESS STATE (up, down, backup) of each; drain: marks servers
#                `down`; back: takes `down` away. The latter two print the whole file.
#   qd_upstream  one pool, or empty for all of the file
#   qd_servers   addresses, with blanks between; one without a port has 80, as for nginx
# Only a server with a line of its own counts (ngx_http_upstream_module, `server`). What was changed
# goes to the file `changed`, as UPSTREAM ADDRESS.
function full(address) {
  if (address !~ /^unix:/ && address !~ /:[0-9]+$/) address = address ":80"
  return address
}
function put(text) {
  if (mode != "list") printf "%s%s", (NR > 1 ? "\n" : ""), text
}
BEGIN {
  mode = ENVIRON["qd_mode"]
  only = ENVIRON["qd_upstream"]
  count = split(ENVIRON["qd_servers"], list, " ")
  for (i = 1; i <= count; i++) wanted[full(list[i])] = 1
}
{
  code = $0
  sub(/#.*/, "", code)
  if (pool == "" && code ~ /^[ \t]*upstream[ \t]+[^ \t\r{;]+[ \t\r]*([{]|$)/) {
    pool = code
    sub(/^[ \t]*upstream[ \t]+/, "", pool)
    sub(/[ \t\r{].*/, "", pool)
    depth = 0
    opened = 0
  } else if (pool != "" && depth == 1 && (only == "" || pool == only) &&
    code ~ /^[ \t]*server[ \t]+[^ \t;{}]+[^;{}]*;[ \t\r]*$/) {
    words = code
    sub(/;.*/, "", words)
    sub(/^[ \t]+/, "", words)
    count = split(words, word, /[ \t]+/)
    state = "up"
    for (i = 3; i <= count; i++) {
      if (word[i] == "backup" && state == "up") state = "backup"
      if (word[i] == "down") state = "down"
    }
    address = full(word[2])
    if (mode == "list") print pool, address, state
    else if (address in wanted) {
      end = index($0, ";")
      head = substr($0, 1, end - 1)
      if (mode == "drain" && state != "down") {
        put(head " down" substr($0, end))
        print pool, address >"changed"
        next
      }
      if (mode == "back" && state == "down") {
        if (head ~ / down$/) head = substr(head, 1, length(head) - 5)
        else {
          # Somebody has written behind it meanwhile.
          match(head " ", /[ \t]down[ \t]/)
          head = substr(head, 1, RSTART - 1) substr(head, RSTART + 5)
        }
        put(head substr($0, end))
        print pool, address >"changed"
        next
      }
    }
  }
  put($0)
  if (pool != "") {
    opens = gsub(/[{]/, "{", code)
    depth += opens - gsub(/[}]/, "}", code)
    if (opens) opened = 1
    if (opened && depth <= 0) pool = ""
  }
}
END {
  if (mode != "list" && ENVIRON["qd_ends"] != "") printf "\n"
}
