using System.Text;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>Short ways to append and read text records, and a source of bytes that repeats.</summary>
internal static class LogFixture
{
    internal static Action<Span<byte>> Bytes(int seed)
    {
        var random = new Random(seed);
        return span => random.NextBytes(span);
    }

    internal static CommitLog OpenLog(IDisk disk, int seed = 1, CommitLogOptions? options = null) => CommitLog.Open(disk, Bytes(seed), options ?? new() { ZeroAhead = 0 });

    internal static LogGroupBuilder Group(params string[] texts)
    {
        var builder = new LogGroupBuilder();
        foreach (string text in texts) builder.Add(LogRecordType.Commit, Encoding.ASCII.GetBytes(text));
        return builder;
    }

    /// <summary>One session, one group, one sync.</summary>
    internal static LogMark Append(this CommitLog log, params string[] texts)
    {
        using AppendSession session = log.AcquireAppend(TimeSpan.Zero);
        session.Append(Group(texts));
        return session.Sync();
    }

    internal static string[] Texts(this CommitLog log, LogMark from = default) =>
        [.. log.ReadGroups(from).SelectMany(g => g.Records).Select(r => Encoding.ASCII.GetString(r.Bytes.Span))];

    internal static byte[] ReadFile(this IDisk disk, string path) => disk.ReadAllBytes(path, 1 << 24);

    internal static void WriteFile(this IDisk disk, string path, byte[] bytes)
    {
        disk.CreateFolder(DiskFolder(path));
        using IDiskFile file = disk.Open(path, DiskOpen.OpenOrCreate);
        file.SetLength(0);
        file.Write(0, bytes);
        file.Sync();
        disk.SyncFolder(DiskFolder(path));
    }

    private static string DiskFolder(string path) => path[..path.LastIndexOf('/')];
}
