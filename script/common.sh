# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The dotls authors
# shellcheck shell=bash
#
# What the scripts share: where the tree is, and how they talk. Sourced, never run.

# shellcheck disable=SC2034 # for those who source this
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
self=script/$(basename "$0")

# Debian keeps servers out of a user's PATH, and the tests start some.
PATH=$PATH:/usr/sbin:/sbin

bold='' red='' green='' reset=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' reset=$'\e[0m'
fi

say() { printf '%s==>%s %s\n' "$green" "$reset" "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$reset"; }
warn() { printf '%s%s:%s %s\n' "$red" "$self" "$reset" "$*" >&2; }
fail() { warn "$*"; exit 1; }
misuse() { warn "$* (see $self --help)"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

# The comment at the head of the script is its help.
show_help() { sed -n '/^# Usage:/,/^[^#]/{/^[^#]/d;/^$/d;s/^# \{0,1\}//p;}' "$0"; }

# Runs a command whose output matters only when it fails: quiet "what it does" LOG COMMAND…
quiet() {
  local what=$1 log=$2 started=$SECONDS
  shift 2
  printf '%s==>%s %s … ' "$green" "$reset" "$what"
  if "$@" >"$log" 2>&1; then
    printf 'done (%d s)\n' $((SECONDS - started))
  else
    printf 'failed\n'
    tail -n 40 "$log" >&2
    fail "$what failed; the whole log is in $log"
  fi
}
