# What run and test share: a Python, a .venv, the packages of a lock file. Sourced, from the repository's root.

PYTHON_WANTED="3.11 or newer"
VENV_PYTHON=.venv/bin/python

say() { printf '%s\n' "$*" >&2; }

fail() { # what happened, then the mend
  printf 'Cannot go on: %s\n' "$1" >&2
  [ $# -gt 1 ] && printf 'Mend: %s\n' "$2" >&2
  exit 1
}

usage() { # the comment a script begins with
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "scripts/${0##*/}"
}

help_asked() { # is the first word a question how?
  case "${1:-}" in -h | --help) return 0 ;; *) return 1 ;; esac
}

takes_nothing() { # for scripts without options: their words
  if help_asked "$@"; then usage; exit 0; fi
  [ $# -eq 0 ] || refuse "$1"
}

refuse() { # a word nobody knows
  say "scripts/${0##*/} does not know '$1'; scripts/${0##*/} --help says what it does."
  exit 2
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

may_install() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

system_packages() { # apt names; a line of what apt said only when it fails
  command -v apt-get >/dev/null || fail "this system has no apt-get" "install by hand: $*"
  may_install || fail "system packages are missing" "sudo apt-get install $*"
  say "Installing system packages: $*"
  local log
  log=$(mktemp)
  for _ in 1 2; do # a second time: package lists may be stale, mirrors may blink
    if as_root apt-get update -q >"$log" 2>&1 &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$log" 2>&1; then
      rm -f "$log"
      return 0
    fi
  done
  tail -n 5 "$log" >&2
  fail "apt-get could not install $*" "read $log"
}

good_python() { # is this a Python that is new enough and can make environments?
  "$1" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() { # prints a path
  local name path
  for name in python3.13 python3.12 python3.11 python3 python; do
    path=$(command -v "$name" 2>/dev/null) && good_python "$path" && { printf '%s' "$path"; return 0; }
  done
  for path in /usr/bin/python3.1[1-9] /usr/local/bin/python3.1[1-9] /opt/homebrew/bin/python3.1[1-9]; do
    [ -x "$path" ] && good_python "$path" && { printf '%s' "$path"; return 0; }
  done
  return 1
}

install_python() {
  if command -v apt-get >/dev/null; then
    system_packages python3 python3-venv ca-certificates
  elif command -v brew >/dev/null; then
    say "Installing Python with Homebrew"
    brew install -q python@3.13 || fail "Homebrew could not install Python" "install Python $PYTHON_WANTED from python.org"
  else
    fail "Python $PYTHON_WANTED is missing" "install it from python.org or your system's packages"
  fi
}

make_venv() {
  if [ -x "$VENV_PYTHON" ] && "$VENV_PYTHON" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
    return 0
  fi
  local python
  python=$(find_python) || { install_python; python=$(find_python) || fail "no Python $PYTHON_WANTED was found" "install python3 (>= 3.11) and python3-venv"; }
  say "Making .venv with $("$python" -V)"
  rm -rf .venv
  "$python" -m venv .venv || fail "$python cannot make a virtual environment" "install the venv module (python3-venv)"
}

base_packages() { # what serves: wheels, nothing is compiled; Alipay's library has none, and is plain Python
  python_packages base --only-binary=:all: --no-binary=python-alipay-sdk -r requirements/base.txt
}

python_packages() { # a name, then pip's arguments; skipped while the lock files are the ones installed last
  local name=$1 stamp wanted file
  shift
  stamp=.venv/.installed-$name
  wanted=$(cat requirements.txt requirements/*.txt | cksum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
  say "Installing Python packages ($name)"
  "$VENV_PYTHON" -m pip --version >/dev/null 2>&1 || "$VENV_PYTHON" -m ensurepip -q || fail ".venv has no pip" "rm -rf .venv and start again"
  "$VENV_PYTHON" -m pip install -qq --disable-pip-version-check --no-input "$@" ||
    fail "pip could not install the packages" "see pip's words above; is the package index reachable?"
  printf '%s' "$wanted" >"$stamp"
}
