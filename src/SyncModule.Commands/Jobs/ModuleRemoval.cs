using System.Management.Automation;

namespace SyncModule.Commands.Jobs;

/// <summary>Remove-Module ends the jobs of its runspace; those of others, and of Import-Module -Force, go on.</summary>
public sealed class ModuleRemoval : IModuleAssemblyCleanup
{
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand("Get-Job").AddCommand("Where-Object").AddParameter("Property", "PSJobTypeName").AddParameter("EQ").AddParameter("Value", SyncJob.TypeName)
            .AddCommand("Remove-Job").AddParameter("Force");
        shell.Invoke();
    }
}
