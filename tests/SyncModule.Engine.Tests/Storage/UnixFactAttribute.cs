namespace SyncModule.Engine.Tests.Storage;

/// <summary>A test of something that only Linux and macOS have.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows has no file modes and no fdatasync.";
    }
}
