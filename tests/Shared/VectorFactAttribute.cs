namespace SyncModule.Tests;

/// <summary>
/// A fact that reads published vectors. They are no part of the repository: they stand in <c>../shared/vectors</c> beside the checkout
/// or in the folder that <c>SYNCMODULE_VECTORS</c> names. Where the file is absent, the test is skipped with that reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VectorFactAttribute : FactAttribute
{
    /// <param name="file">The file, relative to the folder of vectors.</param>
    public VectorFactAttribute(string file)
    {
        if (!File.Exists(Vectors.PathOf(file))) Skip = $"Published vectors are not on this machine: {Vectors.PathOf(file)}";
    }
}

/// <summary>Where published vectors are.</summary>
public static class Vectors
{
    public static string PathOf(string file)
    {
        string? folder = Environment.GetEnvironmentVariable("SYNCMODULE_VECTORS");
        return string.IsNullOrEmpty(folder)
            ? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "vectors", file))
            : Path.GetFullPath(Path.Combine(folder, file));
    }

    public static byte[] Read(string file) => File.ReadAllBytes(PathOf(file));
}
