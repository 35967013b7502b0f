using System.Diagnostics;
using System.Globalization;

namespace SyncModule.Benchmarks.Rivals;

/// <summary>rsync from its own daemon on loopback: clear text, no authentication; the client with --fsync. Its configuration is written into the scratch folder.</summary>
internal sealed class RsyncDaemon : IDisposable
{
    private readonly Process _daemon;
    private readonly string _rsync;
    private readonly int _port;

    private RsyncDaemon(string rsync, string folder, string source)
    {
        _rsync = rsync;
        _port = Tools.FreePort();
        string config = Path.Combine(folder, "rsyncd.conf");
        // Root's daemon would take another user for the files; anybody else's keeps its own.
        string user = Environment.IsPrivilegedProcess ? "uid = 0\ngid = 0\n" : "";
        File.WriteAllText(config, string.Create(CultureInfo.InvariantCulture, $"port = {_port}\naddress = 127.0.0.1\nuse chroot = no\nreverse lookup = no\n{user}pid file = {folder}/rsyncd.pid\nlog file = {folder}/rsyncd.log\n[src]\npath = {source}\nread only = yes\n"));
        _daemon = Tools.Start(rsync, ["--daemon", "--no-detach", "--config=" + config]);
        Tools.WaitForPort(_port);
    }

    /// <summary>Null, with a remark, when rsync is missing.</summary>
    /// <param name="context">The run.</param>
    /// <param name="source">The folder that is offered.</param>
    public static RsyncDaemon? Start(BenchContext context, string source)
    {
        if (Tools.Find("rsync") is { } rsync) return new(rsync, context.Scratch.NewFolder("rsync"), source);
        context.Run.Remark("rsync is not installed (apt-get install rsync): its figures are missing.");
        return null;
    }

    /// <summary>Copies a file or folder of the source into a new folder; seconds from the start of the client to its end, everything on the disk.</summary>
    public double Copy(string name, string destination)
    {
        Directory.CreateDirectory(destination);
        return BenchContext.Time(() => Tools.Run(_rsync, ["-a", "--fsync", string.Create(CultureInfo.InvariantCulture, $"rsync://127.0.0.1:{_port}/src/{name}"), destination + "/"]));
    }

    public void Dispose() => Tools.End(_daemon);
}
