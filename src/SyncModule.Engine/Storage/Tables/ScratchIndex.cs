namespace SyncModule.Engine.Storage.Tables;

/// <summary>An index that is made to be compared with and thrown away: its files are gone when it is disposed.</summary>
internal sealed class ScratchIndex : ILogIndex
{
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);

    private readonly SqliteLogIndex _index;
    private readonly string _path;

    private ScratchIndex(string path, SqliteLogIndex index) => (_path, _index) = (path, index);

    public bool NeedsRebuild => _index.NeedsRebuild;

    public bool FileReplaced => _index.FileReplaced;

    /// <summary>Makes an empty one beside <paramref name="path"/>. What a killed process left there goes after a day.</summary>
    public static ScratchIndex Open(string path, Core.Model.Id16 boot)
    {
        string folder = Path.GetDirectoryName(path)!, start = Path.GetFileName(path) + "-check-";
        foreach (string file in Directory.GetFiles(folder, start + "*"))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Leftover) File.Delete(file);
        }

        string name = Path.Combine(folder, start + Guid.NewGuid().ToString("N"));
        return new(name, SqliteLogIndex.Open(name, boot));
    }

    public ITableTransaction Begin(bool write) => _index.Begin(write);

    public void Reset() => _index.Reset();

    public void Dispose()
    {
        _index.Dispose();
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(_path)!, Path.GetFileName(_path) + "*")) File.Delete(file);
    }
}
