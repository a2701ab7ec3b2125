# What ops/backup, ops/restore and ops/drill share. Sourced, with the repository as working directory.

fail() {
  echo "mall: $1" >&2
  exit 1
}

help() { # the comment a program begins with
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"
  exit 0
}

for word in "$@"; do
  case "$word" in -h | --help) help "ops/${0##*/}" ;; esac
done

# The shop's own Python, as scripts/run made it or the image has it; one that was named must be there.
[ -n "${PYTHON:-}" ] || PYTHON=.venv/bin/python
[ "$PYTHON" != .venv/bin/python ] || [ -x "$PYTHON" ] || PYTHON=python3
said="$("$PYTHON" -c 'import mall.backups.__main__; print("ready")' 2>&1)" || true
[ "$said" = ready ] || fail "$PYTHON cannot run the mall (${said##*$'\n'}): ./scripts/run makes .venv; or name another in PYTHON"
