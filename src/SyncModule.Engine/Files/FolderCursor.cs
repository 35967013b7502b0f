namespace SyncModule.Engine.Files;

/// <summary>The way from a root folder to the one in use, each step an open handle: going to a folder next to the last one opens only what differs.</summary>
internal sealed class FolderCursor(FolderHandle root) : IDisposable
{
    private readonly List<(string Name, FolderHandle Handle)> _way = [];

    /// <summary>The folder at <paramref name="components"/>; stays open until the cursor goes elsewhere.</summary>
    /// <param name="components">Names from the root down.</param>
    /// <param name="enter">Called before a component is opened, with the folder that holds it; may create it or throw.</param>
    /// <param name="entered">Called with each folder that was opened anew; may throw.</param>
    public FolderHandle Go(ReadOnlySpan<string> components, Action<FolderHandle, string>? enter = null, Action<FolderHandle>? entered = null)
    {
        int same = 0;
        while (same < components.Length && same < _way.Count && string.Equals(_way[same].Name, components[same], StringComparison.Ordinal)) same++;
        Cut(same);
        for (int i = same; i < components.Length; i++)
        {
            var parent = i == 0 ? root : _way[i - 1].Handle;
            enter?.Invoke(parent, components[i]);
            var folder = parent.OpenFolder(components[i]);
            try
            {
                entered?.Invoke(folder);
            }
            catch
            {
                folder.Dispose();
                throw;
            }

            _way.Add((components[i], folder));
        }

        return components.Length == 0 ? root : _way[components.Length - 1].Handle;
    }

    /// <summary>Forgets the way: a folder on it may have been removed.</summary>
    public void Reset() => Cut(0);

    public void Dispose() => Cut(0);

    private void Cut(int length)
    {
        for (int i = _way.Count - 1; i >= length; i--) _way[i].Handle.Dispose();
        _way.RemoveRange(length, _way.Count - length);
    }
}
