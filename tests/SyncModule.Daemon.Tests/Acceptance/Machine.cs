using System.Text.Json;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>One device: a vault folder, its key file, and a state folder of its own, as on a computer of its own.</summary>
public sealed class Machine
{
    private readonly Dictionary<string, string> _environment;

    public Machine(string root, string name)
    {
        Name = name;
        Vault = Path.Combine(root, name);
        KeyFile = Path.Combine(root, name + ".key");
        // Hundreds of short processes: profiles for a second compilation would never pay for themselves.
        _environment = new(StringComparer.Ordinal) { ["SYNCMODULE_HOME"] = Path.Combine(root, name + ".home"), ["SYNCMODULE_KEYFILE"] = KeyFile, ["DOTNET_TieredPGO"] = "0" };
    }

    public string Name { get; }

    public string Vault { get; private init; }

    public string KeyFile { get; private init; }

    public IReadOnlyDictionary<string, string> Environment => _environment;

    /// <summary>The same computer with another folder of the same key: what a copied folder is.</summary>
    public Machine At(string vault) => new(Path.GetDirectoryName(vault)!, Name) { Vault = vault, KeyFile = KeyFile };

    public string In(params string[] parts) => Path.Combine([Vault, .. parts]);

    /// <summary>Runs `mirord COMMAND VAULT …` to its end.</summary>
    public MirordResult Run(string command, params string[] rest) => Mirord.Run(_environment, [], [command, Vault, .. rest]);

    /// <summary>The JSON summary of a command that has to end well.</summary>
    public JsonElement Json(string command, params string[] rest) => Run(command, [.. rest, "--json"]).Ok().Summary;

    public RunningMirord Start(string command, params string[] rest) => new(Mirord.Start(_environment, [command, Vault, .. rest, "--json"]));

    /// <summary>Starts `serve`, on any port if not told which, and waits until it accepts.</summary>
    public RunningMirord Serve(string listen = "127.0.0.1:0")
    {
        string portFile = Vault + ".port";
        File.Delete(portFile);
        var process = Mirord.Start(_environment, ["serve", Vault, "--listen", listen, "--port-file", portFile]);
        Poll.Until(() => File.Exists(portFile) || process.HasExited, "serve to listen");
        Assert.True(File.Exists(portFile), "serve ended before it listened");
        return new RunningMirord(process) { Address = "127.0.0.1:" + File.ReadAllText(portFile).Trim() };
    }

    public void Init() => Mirord.Run(_environment, [], "init", Vault, "--device", Name, "--key-file", KeyFile).Ok();

    /// <summary>Makes a vault that is a replica of the other one, first sync included.</summary>
    public JsonElement Join(Machine inviter)
    {
        string file = Vault + ".invite";
        using var inviting = inviter.Start("invite", "--listen", "127.0.0.1:0", "--invite-file", file);
        Poll.Until(() => File.Exists(file) || inviting.HasExited, "an invite");
        var joined = Mirord.Run(_environment, [], "join", Vault, "--invite-file", file, "--device", Name, "--key-file", KeyFile, "--json").Ok();
        inviting.End().Ok();
        return joined.Summary;
    }

    public void Put(string key, string value) => Run("put", key, "--value", value).Ok();

    public string Get(string key) => Run("get", key).Ok().Text;

    /// <summary>Opens, and every stored byte is right.</summary>
    public void VerifiesClean()
    {
        var result = Run("verify", "--read-data", "--json").Ok();
        Assert.Equal("[]", result.Summary.GetProperty("damaged").GetRawText());
    }

    /// <summary>Bytes of all objects that are here.</summary>
    public long ObjectBytes() => Json("status").GetProperty("bytes").GetInt64();

    /// <summary>The digest of a replica that lacks nothing.</summary>
    public string FullDigest()
    {
        var digest = Json("digest");
        Assert.True(digest.GetProperty("full").GetBoolean(), Name + " lacks bytes");
        return digest.GetProperty("digest").GetString()!;
    }
}
