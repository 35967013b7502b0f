# The engine gets a load context of its own before anything names it; then the cmdlets are imported.
if (-not ('SyncModule.ModuleLoadContext' -as [type])) {
    [void] [Reflection.Assembly]::LoadFrom((Join-Path $PSScriptRoot 'bin' 'SyncModule.dll'))
}
[SyncModule.ModuleLoadContext]::Bridge((Join-Path $PSScriptRoot 'bin'))
Import-Module (Join-Path $PSScriptRoot 'bin' 'SyncModule.Commands.dll')
