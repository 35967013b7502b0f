using System.Text.Json;

namespace SyncModule.Tests.Shared;

/// <summary>
/// Published test vectors: data of others that is not part of the repository. They are looked for in the folder that
/// SYNCMODULE_VECTORS names, else in shared/vectors beside the checkout; tests that need them are skipped, with the reason, where
/// they are absent.
/// </summary>
public static class Vectors
{
    private static readonly Lazy<string?> Root = new(FindRoot);

    /// <summary>The reason to skip a test that reads <paramref name="folder"/>, or null.</summary>
    public static string? Missing(string folder) =>
        Root.Value is not { } root ? "No published vectors: set SYNCMODULE_VECTORS or put them in ../shared/vectors."
        : Directory.Exists(Path.Combine(root, folder)) ? null
        : $"The published vectors have no folder '{folder}'.";

    /// <summary>Full path of a file or folder of the vectors.</summary>
    public static string PathOf(params string[] parts) =>
        Path.Combine([Root.Value ?? throw new InvalidOperationException("A test that reads vectors needs [VectorFact] or [VectorTheory]."), .. parts]);

    public static byte[] Bytes(params string[] parts) => File.ReadAllBytes(PathOf(parts));

    public static JsonElement Json(params string[] parts)
    {
        using var document = JsonDocument.Parse(Bytes(parts));
        return document.RootElement.Clone();
    }

    private static string? FindRoot()
    {
        string? named = Environment.GetEnvironmentVariable("SYNCMODULE_VECTORS");
        if (!string.IsNullOrEmpty(named)) return Directory.Exists(named) ? named : null;

        // From the test's own folder up to the checkout, then its sibling.
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "SyncModule.sln"))) continue;
            string beside = Path.Combine(folder.FullName, "..", "shared", "vectors");
            return Directory.Exists(beside) ? Path.GetFullPath(beside) : null;
        }

        return null;
    }
}

/// <summary>A fact that needs one folder of the published vectors.</summary>
public sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute(string folder) => Skip = Vectors.Missing(folder);
}

/// <summary>A theory that needs one folder of the published vectors.</summary>
public sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute(string folder) => Skip = Vectors.Missing(folder);
}
