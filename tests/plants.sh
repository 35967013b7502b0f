#!/usr/bin/env bash
# Builds each known mistake of the table in docs/reliability.md into the program, one at a time and in a folder of its own, and shows that
# the test named beside it fails then, and passes without. Exit code 1 when one was not found, 2 when something did not build or run.
# usage: [PLANTS="SyncSkipped …"] [SEEDS=1000] tests/plants.sh [folder for the builds]     (all: some 20 minutes on two quiet cores)
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
seeds=${SEEDS:-1000}
out=${1:-output/plants}
mkdir -p "$out"
out=$(cd "$out" && pwd)

# NAME<tab>PROJECT<tab>TEST of each row; PROJECT is Core, Engine or simulation.
rows() { sed -nE '/<!-- plants/,/<!-- end/s/^\| (\w+) \| .* \| `(\w+) ?([^`]*)` \|$/\1\t\2\t\3/p' docs/reliability.md; }
wanted() { [ -z "${PLANTS:-}" ] && return 0; case " $PLANTS " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
project() { if [ "$1" = simulation ]; then echo SyncModule.Simulation; else echo "SyncModule.$1.Tests"; fi; }

# build PROJECT FOLDER [options]: analyzers have judged this code already, and a plant may leave code unreachable.
build() {
    local project=$1 folder=$2; shift 2
    if dotnet build "$project" -c Release -v q -nologo -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false --artifacts-path "$folder" "$@" > "$folder.build" 2>&1; then return 0; fi
    grep -m 3 error "$folder.build" || tail -n 3 "$folder.build"
    echo "does not build: $project $*"
    exit 2
}

# plant NAME PROJECT: the tests as they were built without a plant, in a folder of their own, beside a program that has the mistake.
# The mistakes are constants of Core and Engine, so only those two are compiled again.
plant() {
    local name; name=$(project "$2")
    build src/SyncModule.Engine "$out/planted" "-p:Plant=$1"
    rm -rf "${out:?}/$1"
    mkdir -p "$out/$1/bin/$name"
    cp -r "$out/none/bin/$name/release" "$out/$1/bin/$name/release"
    for part in Core Engine; do
        local file="$out/$1/bin/$name/release/SyncModule.$part.dll"
        [ ! -e "$file" ] || cp "$out/planted/bin/SyncModule.$part/release/SyncModule.$part.dll" "$file"
    done
}

# run PROJECT FOLDER TEST: prints what it found; 0 passed, 1 found something, 2 neither.
run() {
    local name; name=$(project "$1")
    local program="$2/bin/$name/release/$name.dll" log="$2.log"
    if [ "$1" = simulation ]; then
        timeout 1800 dotnet "$program" --seeds "$seeds" --until-found > "$log" 2>&1
        local code=$?
        grep -m 1 '^VIOLATION' "$log" | cut -c 11-130
        return $code
    fi
    timeout 600 dotnet test "$program" --filter "FullyQualifiedName~$3" > "$log" 2>&1
    if grep -qE '^Passed! +- Failed: +0, Passed: +[1-9]' "$log"; then return 0; fi
    if grep -qE '^Failed! +- Failed: +[1-9]' "$log"; then
        grep -m 1 -A 1 'Error Message:' "$log" | tail -n 1 | sed 's/^ *//' | cut -c 1-110
        return 1
    fi
    return 2
}

chosen=$(rows | while IFS=$'\t' read -r plant where test; do wanted "$plant" && printf '%s\t%s\t%s\n' "$plant" "$where" "$test"; done)
[ -n "$chosen" ] || { echo "no such plant"; exit 2; }

# Without a plant every one of these tests passes.
for where in $(cut -f 2 <<< "$chosen" | sort -u); do
    build "tests/$(project "$where")" "$out/none"
    filter=$(awk -F'\t' -v w="$where" '$2 == w { print $3 }' <<< "$chosen" | sort -u | paste -sd '|' | sed 's/|/|FullyQualifiedName~/g')
    run "$where" "$out/none" "$filter" || { echo "$where does not pass without any plant: $out/none.log"; exit 2; }
    printf '%-26s %-6s %s\n' "(none)" passes "$where"
done

missed=0
while IFS=$'\t' read -r plant where test; do
    plant "$plant" "$where"
    found=$(run "$where" "$out/$plant" "$test")
    case $? in
        1) printf '%-26s %-6s %s\n' "$plant" found "$where $test: $found" ;;
        0) printf '%-26s %-6s %s\n' "$plant" MISSED "$where $test"; missed=$((missed + 1)) ;;
        *) printf '%-26s %-6s %s\n' "$plant" ERROR "$out/$plant.log"; exit 2 ;;
    esac
    rm -rf "${out:?}/$plant"
done <<< "$chosen"
total=$(wc -l <<< "$chosen")
printf '%d plants, %d found, %d missed\n' "$total" "$((total - missed))" "$missed"
[ "$missed" -eq 0 ]
