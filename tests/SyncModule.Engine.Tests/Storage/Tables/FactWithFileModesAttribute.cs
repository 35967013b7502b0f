namespace SyncModule.Engine.Tests.Storage.Tables;

/// <summary>A test of Unix file modes; skipped, and counted as such, where files have none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithFileModesAttribute : FactAttribute
{
    public FactWithFileModesAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Files have no Unix mode here.";
    }
}
