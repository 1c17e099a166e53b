# Lets `sudo` ask for its password on a terminal of its own while what it starts speaks with the console
# over this channel. Run as the user. Prints where the terminal's part is (`@@NONCE at DIRECTORY`), and
# waits for a line from the console: with it the shell that sudo has started is on the other side; at the
# end of input it was given up. Nothing of it stays: the pipes have no name any more once both ends are
# open, and that shell ends with this channel.
# Arguments: nonce.
umask 077
no() { printf '\n@@%s no\n' "$1"; exit 73; }
d=$(mktemp -d /tmp/.quarterdeck.XXXXXXXX) || no "$1"
mkfifo "$d/in" "$d/out" || { rm -rf "$d"; no "$1"; }
# sudo asks on the terminal (sudo(8), /dev/tty), also where its standard input is another one. -b: it goes
# to the background once it was let in, so that the terminal is free again; what it starts is not to be
# ended with the terminal's session.
cat >"$d/go" <<END
trap '' HUP
exec sudo -b -p '[sudo] password for %p on %h: ' /bin/sh -c \
  "exec 2>/dev/null; printf '\\n@@%s root\\n' $1; exec /bin/sh -s" <'$d/in' >'$d/out'
END
# Read and write: opened so, a pipe waits for nobody (fifo(7)).
exec 5<>"$d/in" 6<>"$d/out"
printf '\n@@%s at %s\n' "$1" "$d"
if ! read -r _; then
  rm -rf "$d"
  exit 0
fi
cat <"$d/out" 5>&- 6>&- &
exec 7>"$d/in"
rm -rf "$d"
exec cat >&7 7>&- 5>&- 6>&-
