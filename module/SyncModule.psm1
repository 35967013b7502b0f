# The engine gets a load context of its own before anything names it; then the cmdlets are imported.
$bin = Join-Path $PSScriptRoot 'bin'
if (-not ('SyncModule.ModuleLoadContext' -as [type])) { [void] [Reflection.Assembly]::LoadFrom((Join-Path $bin 'SyncModule.dll')) }
try { [SyncModule.ModuleLoadContext]::Bridge($bin) }
catch {
    # An error of a method is no end of a script: without this the module would be there, with the assemblies of the other one.
    $cause = $_.Exception.InnerException ?? $_.Exception
    throw [Management.Automation.ErrorRecord]::new($cause, ($cause.ErrorId ?? 'ModuleNotLoaded'), 'ResourceUnavailable', $bin)
}
Import-Module (Join-Path $bin 'SyncModule.Commands.dll')

# Not in the manifest: what stands there is read before this script, and a second copy of the module would end by a clash of type data.
$types = Join-Path $PSScriptRoot 'SyncModule.Types.ps1xml'
Update-TypeData -PrependPath $types
