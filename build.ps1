<#
.SYNOPSIS
A thin face of the dotnet commands.
.EXAMPLE
./build.ps1 Build
.EXAMPLE
./build.ps1 Test
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Pack')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

switch ($Task) {
    'Build' { dotnet build SyncModule.sln -c $Configuration }
    'Test' {
        if ($IsWindows) { dotnet test SyncModule.sln -c $Configuration }
        else { bash tests/run.sh }
    }
    'Pack' { dotnet publish src/SyncModule.Daemon -c $Configuration --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o output/mirord }
}

exit $LASTEXITCODE
