namespace SyncModule.Daemon.Tests.Processes;

/// <summary>A temporary folder with a vault that a key file opens, and a state folder of its own. Removed at the end.</summary>
public sealed class Playground : IDisposable
{
    private readonly Dictionary<string, string> _environment;

    public Playground(bool withVault = true)
    {
        Root = Directory.CreateTempSubdirectory("mirord-test-").FullName;
        _environment = new(StringComparer.Ordinal) { ["SYNCMODULE_HOME"] = PathOf("home") };
        if (!withVault) return;
        Run("init", Vault, "--device", "desk", "--key-file", KeyFile).Ok();
        _environment["SYNCMODULE_KEYFILE"] = KeyFile;
    }

    public string Root { get; }

    public string Vault => PathOf("vault");

    public string KeyFile => PathOf("vault.key");

    public IDictionary<string, string> Environment => _environment;

    public string PathOf(string name) => Path.Combine(Root, name);

    public MirordResult Run(params string[] arguments) => Run([], arguments);

    public MirordResult Run(byte[] input, params string[] arguments) => Mirord.Run(_environment, input, arguments);

    /// <summary>The same without any variable that unlocks.</summary>
    public MirordResult RunLocked(params string[] arguments) =>
        Mirord.Run(_environment.Where(v => v.Key == "SYNCMODULE_HOME").ToDictionary(StringComparer.Ordinal), [], arguments);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
