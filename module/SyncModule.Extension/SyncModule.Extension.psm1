# SecretManagement loads this module alone, in a runspace of its own; the assemblies are those of the module around it.
$bin = [IO.Path]::Combine([IO.Path]::GetDirectoryName($PSScriptRoot), 'bin')
if (-not ('SyncModule.ModuleLoadContext' -as [type])) { [void] [Reflection.Assembly]::LoadFrom([IO.Path]::Combine($bin, 'SyncModule.dll')) }
try { [SyncModule.ModuleLoadContext]::Bridge($bin) }
catch {
    $cause = $_.Exception.InnerException ?? $_.Exception
    throw [Management.Automation.ErrorRecord]::new($cause, ($cause.ErrorId ?? 'ModuleNotLoaded'), 'ResourceUnavailable', $bin)
}
Import-Module ([IO.Path]::Combine($bin, 'SyncModule.Commands.dll'))
Export-ModuleMember -Cmdlet Get-Secret, Get-SecretInfo, Remove-Secret, Set-Secret, Set-SecretInfo, Test-SecretVault, Unlock-SecretVault, Unregister-SecretVault
