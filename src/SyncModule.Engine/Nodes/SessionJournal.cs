using System.Buffers.Binary;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What a journal says about one session.</summary>
public sealed record JournalledSession(Id32 Session, DeviceId Peer, DateTimeOffset Started, long Objects, bool Complete);

/// <summary>
/// journal/SESSION.wal (format-1 §12): records `type u8 ‖ u32 length ‖ u32 CRC-32C ‖ body`, types as the frames they note (HELLO, DATA,
/// ACK, COMPLETE). It tells that a session was cut and how far it had come. It is thin on purpose: which objects are here is known by
/// the packs themselves, so a journal that was cut, flipped or deleted costs nothing but the word "resumed".
/// </summary>
internal sealed class SessionJournal : IDisposable
{
    private const int MaxBytes = 64 << 20;
    private const int Header = 9;
    private const string Suffix = ".wal";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly IDiskFile _file;
    private readonly string _path;
    private readonly IDisk _disk;
    private long _length;

    private SessionJournal(IDisk disk, string path)
    {
        _disk = disk;
        _path = path;
        _file = disk.Open(path, DiskOpen.CreateNew);
    }

    /// <summary>Starts the journal of a session; null where it cannot be written, because a sync must not fail for that.</summary>
    public static SessionJournal? Start(Vault vault, Id32 session, DeviceId peer)
    {
        try
        {
            var journal = new SessionJournal(vault.Disk, VaultPaths.JournalFolder + "/" + session + Suffix);
            var body = new byte[72];
            session.CopyTo(body);
            peer.CopyTo(body.AsSpan(32));
            BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(64), vault.Time.GetUtcNow().ToUnixTimeMilliseconds());
            journal.Append(FrameType.Hello, body);
            return journal;
        }
        catch (DiskException)
        {
            return null;
        }
    }

    /// <summary>Objects that are durable now.</summary>
    public void Data(IReadOnlyList<ObjectAddress> addresses)
    {
        if (addresses.Count == 0) return;
        var body = new byte[addresses.Count * Id32.Size];
        for (int i = 0; i < addresses.Count; i++) addresses[i].CopyTo(body.AsSpan(i * Id32.Size));
        Append(FrameType.Data, body);
    }

    /// <summary>The peer has acknowledged this much.</summary>
    public void Acknowledged(Id32 appliedHash) => Append(FrameType.Ack, appliedHash.ToArray());

    /// <summary>The session ended complete: nothing is left to take up, so nothing is left of its journal.</summary>
    public void Complete()
    {
        Append(FrameType.Complete, []);
        Dispose();
        try
        {
            _disk.Delete(_path);
        }
        catch (DiskException)
        {
            // It ends with COMPLETE, which says the same.
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Cut sessions of the last 7 days, newest first; older journals and complete ones are deleted.</summary>
    public static IReadOnlyList<JournalledSession> Open(Vault vault)
    {
        var open = new List<JournalledSession>();
        foreach (string name in Names(vault))
        {
            string path = VaultPaths.JournalFolder + "/" + name;
            try
            {
                var session = Read(vault.Disk.ReadAllBytes(path, MaxBytes));
                if (session is { Complete: false } && vault.Time.GetUtcNow() - session.Started < Lifetime) open.Add(session);
                else if (session is not null) vault.Disk.Delete(path);
            }
            catch (DiskException)
            {
                // A journal that cannot be read is a session that starts anew.
            }
        }

        return [.. open.OrderByDescending(s => s.Started)];
    }

    private static IReadOnlyList<string> Names(Vault vault)
    {
        try
        {
            return [.. vault.Disk.List(VaultPaths.JournalFolder).Where(n => n.EndsWith(Suffix, StringComparison.Ordinal))];
        }
        catch (DiskException)
        {
            return []; // the same
        }
    }

    /// <summary>Forgets a session that another one has completed.</summary>
    public static void Delete(Vault vault, Id32 session)
    {
        try
        {
            vault.Disk.Delete(VaultPaths.JournalFolder + "/" + session + Suffix);
        }
        catch (DiskException)
        {
            // It expires by itself.
        }
    }

    /// <summary>Reads up to the first record that is cut or does not match its sum; null when not even HELLO is whole.</summary>
    internal static JournalledSession? Read(ReadOnlySpan<byte> bytes)
    {
        JournalledSession? session = null;
        while (bytes.Length >= Header)
        {
            var type = (FrameType)bytes[0];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
            if (length > (uint)(bytes.Length - Header)) break;
            var body = bytes.Slice(Header, (int)length);
            if (BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) != Sum(type, body) && !Plants.JournalSumUnchecked) break;
            if (type == FrameType.Hello && session is null && length == 72)
            {
                long started = BinaryPrimitives.ReadInt64BigEndian(body[64..]);
                if (started is < 0 or > 253402300799999) break;
                session = new(new(body[..32]), new(body[32..64]), DateTimeOffset.FromUnixTimeMilliseconds(started), 0, false);
            }
            else if (session is null)
            {
                break;
            }
            else if (type == FrameType.Data)
            {
                session = session with { Objects = session.Objects + (length / Id32.Size) };
            }
            else if (type == FrameType.Complete)
            {
                session = session with { Complete = true };
            }

            bytes = bytes[(Header + (int)length)..];
        }

        return session;
    }

    private static uint Sum(FrameType type, ReadOnlySpan<byte> body) => Crc32C.Append(Crc32C.Compute([(byte)type]), body);

    private void Append(FrameType type, ReadOnlySpan<byte> body)
    {
        var record = new byte[Header + body.Length];
        record[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(1), body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(5), Sum(type, body));
        body.CopyTo(record.AsSpan(Header));
        if (_length + record.Length > MaxBytes) return;
        try
        {
            _file.Write(_length, record);
            _length += record.Length;
        }
        catch (Exception e) when (e is DiskException or ObjectDisposedException)
        {
            // The packs say what is here; a journal that stops growing says less, never something wrong.
        }
    }
}
