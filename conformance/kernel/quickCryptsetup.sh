#!/bin/bash
# bash. cryptsetup with a derivation of the key that costs next to nothing: the one that the scripts ask for takes an emulated processor
# seconds each time, and is tried once for all. Everything else is the real one's.
set -eu
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
  --pbkdf)
    arguments+=(--pbkdf pbkdf2)
    shift 2
    ;;
  --pbkdf-force-iterations)
    arguments+=(--pbkdf-force-iterations 1000)
    shift 2
    ;;
  --pbkdf-memory | --pbkdf-parallel) shift 2 ;;
  *)
    arguments+=("$1")
    shift
    ;;
  esac
done
exec /usr/bin/cryptsetup "${arguments[@]}"
