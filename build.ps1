<#
.SYNOPSIS
A thin face of the dotnet commands.
.DESCRIPTION
Build lays out output/SyncModule, the folder to import. Test runs every test. Pack publishes mirord to output/mirord and makes
output/packages/SyncModule.VERSION.zip, to be unpacked into a folder of PSModulePath.
.PARAMETER Task
Build, Test or Pack.
.PARAMETER Configuration
Release, or Debug.
.PARAMETER NativePath
With Pack: a folder with libsodium and libzstd for systems that have no package of them, as RID/FILE (win-x64/libsodium.dll,
osx-arm64/libzstd.dylib). They are packed too and taken before what the system has.
.EXAMPLE
./build.ps1 Build
.EXAMPLE
./build.ps1 Test
.EXAMPLE
./build.ps1 Pack -NativePath ./natives
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Pack')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [string] $NativePath
)

$ErrorActionPreference = 'Stop'
$natives = if ($NativePath) {
    if ($Task -ne 'Pack') { throw '-NativePath goes with Pack: ./build.ps1 Pack -NativePath FOLDER' }
    $folder = (Resolve-Path -LiteralPath $NativePath).ProviderPath
    $found = @(Get-ChildItem -LiteralPath $folder -Directory | Get-ChildItem -File | Where-Object Name -Match '^(lib)?(sodium|zstd)[.]')
    if (-not $found) { throw "There is no library in $folder. Put them there as RID/FILE, for example win-x64/libsodium.dll." }
    $found
}

function Invoke-Dotnet([string[]] $Arguments) {
    # A step that failed must not be followed by one that packs what an older build left.
    dotnet @Arguments
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { Invoke-Dotnet 'build', 'SyncModule.sln', '-c', $Configuration }
        'Test' {
            if ($IsWindows) { Invoke-Dotnet 'test', 'SyncModule.sln', '-c', $Configuration }
            else {
                bash tests/run.sh
                exit $LASTEXITCODE
            }
        }
        'Pack' {
            # From nothing: a file of an older build must not be packed with this one.
            foreach ($old in 'output/SyncModule', 'output/mirord') { if (Test-Path $old) { Remove-Item $old -Recurse -Force } }
            Invoke-Dotnet 'build', 'src/SyncModule.Commands', '-c', $Configuration
            # Compiled ahead for this system: a cold command spends half of its time on compiling itself (docs/decisions/031).
            Invoke-Dotnet 'publish', 'src/SyncModule.Daemon', '-c', $Configuration, '--use-current-runtime', '--self-contained', 'false', '-p:PublishReadyToRun=true', '-o', 'output/mirord'
            foreach ($native in $natives) {
                foreach ($bin in 'output/SyncModule/bin', 'output/mirord') {
                    $target = "$bin/runtimes/$($native.Directory.Name)/native"
                    $null = New-Item -ItemType Directory -Path $target -Force
                    Copy-Item -LiteralPath $native.FullName -Destination $target
                }
            }

            $version = (Import-PowerShellDataFile SyncModule.psd1).ModuleVersion
            $null = New-Item -ItemType Directory -Path output/packages -Force
            $package = Join-Path $PSScriptRoot "output/packages/SyncModule.$version.zip"
            if (Test-Path $package) { Remove-Item $package }
            [IO.Compression.ZipFile]::CreateFromDirectory((Join-Path $PSScriptRoot 'output/SyncModule'), $package, 'Optimal', $true)
            Write-Output "module   $package", "mirord   $(Join-Path $PSScriptRoot 'output/mirord')"
        }
    }
}
finally { Pop-Location }
