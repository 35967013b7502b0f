namespace SyncModule.Tests.Shared;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder of <c>SyncModule.sln</c>.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SyncModule.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No SyncModule.sln above {start}.");
    }
}
