# No cmdlets of other modules here: looking one up would load its module, which takes longer than all of this.
# The engine gets a load context of its own before anything names it; then the cmdlets are imported.
$bin = [IO.Path]::Combine($PSScriptRoot, 'bin')
if (-not ('SyncModule.ModuleLoadContext' -as [type])) { [void] [Reflection.Assembly]::LoadFrom([IO.Path]::Combine($bin, 'SyncModule.dll')) }
try { [SyncModule.ModuleLoadContext]::Bridge($bin) }
catch {
    # An error of a method is no end of a script: without this the module would be there, with the assemblies of the other one.
    $cause = $_.Exception.InnerException ?? $_.Exception
    throw [Management.Automation.ErrorRecord]::new($cause, ($cause.ErrorId ?? 'ModuleNotLoaded'), 'ResourceUnavailable', $bin)
}
Import-Module ([IO.Path]::Combine($bin, 'SyncModule.Commands.dll'))

# Type data in a manifest of their own: what stands in the module's is read before this script, and a second copy of the module would end
# by a clash of type data instead of ModuleVersionLoaded.
Import-Module ([IO.Path]::Combine($PSScriptRoot, 'SyncModule.Types.psd1'))
