# SecretManagement loads this module alone, in a runspace of its own; the assemblies are those of the module around it.
$bin = Join-Path (Split-Path $PSScriptRoot) 'bin'
if (-not ('SyncModule.ModuleLoadContext' -as [type])) { [void] [Reflection.Assembly]::LoadFrom((Join-Path $bin 'SyncModule.dll')) }
[SyncModule.ModuleLoadContext]::Bridge($bin)
Import-Module (Join-Path $bin 'SyncModule.Commands.dll')
Export-ModuleMember -Cmdlet Get-Secret, Get-SecretInfo, Remove-Secret, Set-Secret, Set-SecretInfo, Test-SecretVault, Unlock-SecretVault, Unregister-SecretVault
