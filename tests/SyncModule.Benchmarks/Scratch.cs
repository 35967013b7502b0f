namespace SyncModule.Benchmarks;

/// <summary>One folder for everything a run makes; gone at the end.</summary>
internal sealed class Scratch : IDisposable
{
    private int _next;

    public Scratch(string parent)
    {
        Root = Path.Combine(parent, "syncmodule-bench-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    /// <summary>A path that nothing has yet.</summary>
    public string New(string name) => Path.Combine(Root, name + "-" + (++_next).ToString(System.Globalization.CultureInfo.InvariantCulture));

    public string NewFolder(string name) => Directory.CreateDirectory(New(name)).FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
