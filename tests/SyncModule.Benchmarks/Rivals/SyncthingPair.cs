using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SyncModule.Benchmarks.Rivals;

/// <summary>
/// Two Syncthing instances that share one folder, on loopback only: own homes in the scratch folder, no discovery, no relays, no
/// upgrades, no reports. Its watcher waits for seconds by default, so a scan is asked for at once, which is its best case.
/// </summary>
internal sealed partial class SyncthingPair : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };
    private readonly List<Process> _processes = [];
    private readonly Instance[] _instances;
    private int _files;

    private SyncthingPair(string program, string root)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["STNOUPGRADE"] = "1", ["STNODEFAULTFOLDER"] = "1", ["STNORESTART"] = "1", ["HOME"] = root };
        _instances = [.. new[] { "a", "b" }.Select(name => Generate(program, Path.Combine(root, name), environment))];
        try
        {
            foreach (var instance in _instances)
            {
                File.WriteAllText(Path.Combine(instance.Home, "config.xml"), SyncthingConfig.Of(instance, _instances));
                _processes.Add(Quiet(Tools.Start(program, ["serve", "--home=" + instance.Home, "--no-browser", "--no-restart"], environment)));
            }

            WaitUntil(() => Get("/rest/system/connections").GetProperty("connections").EnumerateObject().Any(c => c.Value.GetProperty("connected").GetBoolean()), 250);
            WaitUntil(() => Get("/rest/db/status?folder=f").GetProperty("state").GetString() == "idle", 250);
            Thread.Sleep(3000); // its first exchange of indexes
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Null, with a remark, when Syncthing is missing.</summary>
    public static SyncthingPair? Start(BenchContext context)
    {
        if (Tools.Find("syncthing") is { } program) return new(program, context.Scratch.NewFolder("syncthing"));
        context.Run.Remark("Syncthing is not installed (apt-get install syncthing): its figures are missing.");
        return null;
    }

    /// <summary>One new file of 1 KB: seconds until it stands at the other instance.</summary>
    public double OneFile()
    {
        string name = "one-" + (_files++).ToString(CultureInfo.InvariantCulture), there = Path.Combine(_instances[1].Data, name);
        byte[] bytes = new byte[1024];
        Random.Shared.NextBytes(bytes);
        Thread.Sleep(1000); // it sends its index four times a second at most; from rest it is at its best
        return BenchContext.Time(() =>
        {
            File.WriteAllBytes(Path.Combine(_instances[0].Data, name), bytes);
            Scan();
            WaitUntil(() => File.Exists(there), 0.2);
        });
    }

    /// <summary>A folder of files that is moved in: seconds until as many files stand at the other instance.</summary>
    public double Folder(string source, int files)
    {
        string name = "many-" + (_files++).ToString(CultureInfo.InvariantCulture), near = Path.Combine(_instances[0].Data, name), there = Path.Combine(_instances[1].Data, name);
        double seconds = BenchContext.Time(() =>
        {
            Directory.Move(source, near);
            Scan();
            WaitUntil(() => Directory.Exists(there) && Directory.EnumerateFiles(there, "*", SearchOption.AllDirectories).Count(f => !Path.GetFileName(f).Contains("syncthing", StringComparison.Ordinal)) >= files, 100);
        });
        Directory.Delete(near, recursive: true);
        Scan();
        WaitUntil(() => !Directory.Exists(there), 100);
        return seconds;
    }

    public void Dispose()
    {
        foreach (var process in _processes) Tools.End(process);
        _http.Dispose();
    }

    private void Scan()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url("/rest/db/scan?folder=f"));
        request.Headers.Add("X-API-Key", _instances[0].ApiKey);
        using var response = _http.Send(request);
        response.EnsureSuccessStatusCode();
    }

    private JsonElement Get(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(path));
        request.Headers.Add("X-API-Key", _instances[0].ApiKey);
        using var response = _http.Send(request);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(response.Content.ReadAsStream()).RootElement;
    }

    private string Url(string path) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_instances[0].ApiPort}{path}");

    private static void WaitUntil(Func<bool> condition, double milliseconds)
    {
        long until = Environment.TickCount64 + 300_000;
        while (!Holds(condition))
        {
            if (Environment.TickCount64 > until) throw new InvalidOperationException("Syncthing did not get there.");
            Thread.Sleep(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    // While it starts, nobody answers; while it works, folders come and go.
    private static bool Holds(Func<bool> condition)
    {
        try
        {
            return condition();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private static Instance Generate(string program, string home, IReadOnlyDictionary<string, string> environment)
    {
        Tools.Run(program, ["generate", "--home=" + home], environment);
        string config = File.ReadAllText(Path.Combine(home, "config.xml"));
        string data = Path.Combine(home, "data");
        Directory.CreateDirectory(Path.Combine(data, ".stfolder"));
        return new(home, data, Device().Match(config).Groups[1].Value, Key().Match(config).Groups[1].Value, Version().Match(config).Groups[1].Value, Tools.FreePort(), Tools.FreePort());
    }

    // It writes a log; a pipe that nobody empties would stop it.
    private static Process Quiet(Process process)
    {
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    [GeneratedRegex("<device id=\"([A-Z0-9-]{63})\"", RegexOptions.None, 1000)]
    private static partial Regex Device();

    [GeneratedRegex("<apikey>(.*?)</apikey>", RegexOptions.None, 1000)]
    private static partial Regex Key();

    [GeneratedRegex("<configuration version=\"(\\d+)\"", RegexOptions.None, 1000)]
    private static partial Regex Version();

    /// <summary>One instance and where it listens.</summary>
    internal sealed record Instance(string Home, string Data, string Device, string ApiKey, string ConfigVersion, int Port, int ApiPort);
}
