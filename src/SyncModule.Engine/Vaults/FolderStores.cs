using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>A vault in a real folder: files through the checked disk layer, tables in SQLite.</summary>
public sealed class FolderStores : IVaultStores
{
    private readonly string _folder;
    private readonly string? _witnessFolder;

    /// <param name="folder">The vault's folder.</param>
    /// <param name="witnessFolder">State outside the folder ($XDG_STATE_HOME/syncmodule); null = none is kept.</param>
    /// <param name="create">Make the folder, 0700, when it is not there; else that is <see cref="SyncErrors.VaultNotFound"/>.</param>
    public FolderStores(string folder, string? witnessFolder, bool create = false)
    {
        _folder = Path.GetFullPath(folder);
        _witnessFolder = witnessFolder;
        try
        {
            Disk = LocalDisk.Open(_folder, create);
        }
        catch (DiskException e) when (e.Failure == DiskFailure.NotFound)
        {
            throw SyncErrors.VaultNotFound.With($"There is no folder '{folder}'", e);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    public IDisk Disk { get; }

    public bool MayUseThreads => true;

    public ILogIndex OpenIndex()
    {
        // Another process may throw the file away between its making and its opening; that looks like a folder that cannot be written.
        const int Rounds = 16;
        for (int round = 1; ; round++)
        {
            try
            {
                return SqliteLogIndex.Open(Path.Combine(_folder, VaultPaths.Index), BootId());
            }
            catch (SyncException e) when (round < Rounds && e.Kind == SyncErrors.VaultReadOnly && !Disk.IsReadOnly)
            {
                Thread.Yield();
            }
        }
    }

    public void DeleteIndex() => SqliteTableStore.Delete(Path.Combine(_folder, VaultPaths.Index));

    public ILocalStore OpenLocal(bool create) => SqliteLocalStore.Open(Path.Combine(_folder, VaultPaths.Local), create);

    public byte[]? ReadWitness(string name)
    {
        if (_witnessFolder is null) return null;
        string path = Path.Combine(_witnessFolder, name);
        try
        {
            return new FileInfo(path) is { Exists: true, Length: < 4096 } ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void WriteWitness(string name, byte[] bytes)
    {
        if (_witnessFolder is null) return;
        try
        {
            var disk = LocalDisk.Open(_witnessFolder, create: true);
            disk.ReplaceAtomically(name, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its absence proves nothing (format-1 §2), so its loss costs nothing but a warning sign.
        }
    }

    private Id16 BootId() => new(SHA256.HashData(Encoding.UTF8.GetBytes(Disk.BootId)).AsSpan(0, Id16.Size));
}
