<#
.SYNOPSIS
A thin face of the dotnet commands.
.DESCRIPTION
Build lays out output/SyncModule, the folder to import. Test runs every test. Pack publishes mirord to output/mirord and makes two packages
of the module, each to be unpacked into a folder of PSModulePath: output/packages/SyncModule.VERSION.zip runs on every system;
SyncModule.VERSION.RID.zip is compiled ahead for this one and is faster from the first command on.
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
            foreach ($old in 'output/SyncModule', 'output/mirord', 'output/compiled') { if (Test-Path $old) { Remove-Item $old -Recurse -Force } }
            Invoke-Dotnet 'build', 'src/SyncModule.Commands', '-c', $Configuration
            # Compiled ahead for this system: a cold command spends half of its time on compiling itself (docs/decisions/031, 065).
            $ahead = '-c', $Configuration, '--use-current-runtime', '--self-contained', 'false', '-p:PublishReadyToRun=true'
            Invoke-Dotnet (@('publish', 'src/SyncModule.Daemon') + $ahead + @('-o', 'output/mirord'))
            Invoke-Dotnet (@('publish', 'src/SyncModule.Commands') + $ahead + @('-o', 'output/compiled'))
            foreach ($native in $natives) {
                foreach ($bin in 'output/SyncModule/bin', 'output/mirord') {
                    $target = "$bin/runtimes/$($native.Directory.Name)/native"
                    $null = New-Item -ItemType Directory -Path $target -Force
                    Copy-Item -LiteralPath $native.FullName -Destination $target
                }
            }

            $version = (Import-PowerShellDataFile SyncModule.psd1).ModuleVersion
            $null = New-Item -ItemType Directory -Path output/packages -Force
            $packages = foreach ($system in '', ".$([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)") {
                # The same folder, with the assemblies of this system in the place of those for all.
                if ($system) { Get-ChildItem output/compiled -Filter *.dll | Where-Object { Test-Path "output/SyncModule/bin/$($_.Name)" } | Copy-Item -Destination output/SyncModule/bin }
                $package = Join-Path $PSScriptRoot "output/packages/SyncModule.$version$system.zip"
                if (Test-Path $package) { Remove-Item $package }
                [IO.Compression.ZipFile]::CreateFromDirectory((Join-Path $PSScriptRoot 'output/SyncModule'), $package, 'Optimal', $true)
                "module   $package"
            }
            Remove-Item output/compiled -Recurse
            Write-Output $packages "mirord   $(Join-Path $PSScriptRoot 'output/mirord')"
        }
    }
}
finally { Pop-Location }
