#!/usr/bin/env bash
# Builds the engine with each known mistake (src/SyncModule.Engine/Vaults/Plants.cs) and shows that the simulation finds it.
# usage: [PLANTS="SyncSkipped …"] plants.sh [most seeds per plant, default 1000] [folder for the builds]
# Prints plant, seed, violation; exit code 1 when one was not found.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seeds=${1:-1000}
out=${2:-$(mktemp -d)}
mkdir -p "$out"
missed=0
for plant in ${PLANTS:-SyncSkipped GateLeftOut SentBeforeSync NumberFromIndex VectorWithoutTips TailCutByOpener}; do
    dotnet build "$here" -c Release -v q -nologo -p:Plant=$plant --artifacts-path "$out/$plant" > "$out/$plant.build" || { cat "$out/$plant.build"; exit 2; }
    program=$(find "$out/$plant/bin/SyncModule.Simulation" -name SyncModule.Simulation.dll | head -n 1)
    # Runs until the first violation.
    if dotnet "$program" --seeds "$seeds" --until-found > "$out/$plant.txt"; then
        printf '%-18s NOT FOUND in %s seeds\n' "$plant" "$seeds"
        missed=1
    else
        printf '%-18s %s\n' "$plant" "$(grep -m 1 -E '^VIOLATION' "$out/$plant.txt" | cut -c 11-200)"
    fi
done
exit $missed
