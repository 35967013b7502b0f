using System.Diagnostics;
using System.Globalization;

namespace SyncModule.Benchmarks.Rivals;

/// <summary>rsync over an own sshd on loopback, with keys made for this run in the scratch folder. Without --fsync: the faster way is the rival.</summary>
internal sealed class RsyncSsh : IDisposable
{
    private static readonly string[] Programs = ["rsync", "ssh", "sshd", "ssh-keygen"];

    private readonly Process _daemon;
    private readonly string _folder;
    private readonly int _port;

    private RsyncSsh(string folder)
    {
        _folder = folder;
        _port = Tools.FreePort();
        foreach (string key in new[] { "host", "user" }) Tools.Run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, key)]);
        File.Copy(Path.Combine(folder, "user.pub"), Path.Combine(folder, "authorized"));
        string config = Path.Combine(folder, "sshd_config");
        File.WriteAllText(config, string.Create(CultureInfo.InvariantCulture, $"Port {_port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\nPidFile none\nStrictModes no\nPasswordAuthentication no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n"));
        // Root's sshd wants this empty folder, which its service makes at boot.
        if (Environment.IsPrivilegedProcess) Directory.CreateDirectory("/run/sshd");
        _daemon = Tools.Start(Tools.Find("sshd")!, ["-D", "-e", "-f", config]);
        Tools.WaitForPort(_port);
    }

    /// <summary>Null, with a remark, when a program is missing.</summary>
    public static RsyncSsh? Start(BenchContext context)
    {
        if (Array.TrueForAll(Programs, p => Tools.Find(p) is not null)) return new(context.Scratch.NewFolder("ssh"));
        context.Run.Remark("rsync over ssh is not there (apt-get install rsync openssh-client openssh-server): its figures are missing.");
        return null;
    }

    /// <summary>Copies a file into a new folder; seconds from the start of the client to its end.</summary>
    public double Copy(string cipher, string source, string destination)
    {
        Directory.CreateDirectory(destination);
        string ssh = string.Create(CultureInfo.InvariantCulture, $"ssh -F none -p {_port} -i {_folder}/user -c {cipher} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR");
        return BenchContext.Time(() => Tools.Run("rsync", ["-a", "-e", ssh, $"{Environment.UserName}@127.0.0.1:{source}", destination + "/"]));
    }

    public void Dispose() => Tools.End(_daemon);
}
