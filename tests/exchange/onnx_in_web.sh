#!/bin/sh
# Runs 100 random networks in onnxruntime-web. Argument: the program that writes them. Needs node,
# and the package in the folder ONNXRUNTIME_WEB (or the current one): npm i onnxruntime-web.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${ONNXRUNTIME_WEB:-.}/node_modules/onnxruntime-web
command -v node > /dev/null || { echo 'skipped: there is no node'; exit 77; }
[ -d "$folder" ] || { echo "skipped: there is no $folder"; exit 77; }
networks=$(mktemp -d)
trap 'rm -r "$networks"' EXIT
"$1" "$networks" 100
node "$here/onnx_in_web.mjs" "$folder" "$networks" 100
