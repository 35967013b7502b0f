using SyncModule.Core.Encoding;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What the last session with a device ran over.</summary>
/// <param name="Transport">Its transport's name, for example "tcp".</param>
/// <param name="RoundTrip">The shortest time in which a PING was answered; null when none was.</param>
/// <param name="Ended">When the session ended.</param>
public sealed record PeerLine(string Transport, TimeSpan? RoundTrip, DateTimeOffset Ended)
{
    private const int MaxName = 64;
    private const ulong LastMillisecond = 253402300799999; // of the year 9999

    /// <summary>The line to one device; null before the first session with it.</summary>
    public static PeerLine? Of(Vault vault, DeviceId device)
    {
        using var transaction = vault.Local.Begin(write: false);
        return transaction.Get(LocalTables.Line, device.ToArray()) is { } row ? Decode(row) : null;
    }

    /// <summary>That of the session that ended last, with whichever device; null before the first one.</summary>
    public static PeerLine? Latest(Vault vault)
    {
        using var transaction = vault.Local.Begin(write: false);
        return transaction.Scan(LocalTables.Line).Select(r => Decode(r.Value)).OfType<PeerLine>().MaxBy(l => l.Ended);
    }

    internal void Remember(Vault vault, DeviceId device)
    {
        var writer = new CborWriter();
        writer.WriteArray(3);
        writer.WriteText(Transport);
        if (RoundTrip is { } time) writer.WriteUInt((ulong)time.TotalMicroseconds);
        else writer.WriteNull();
        writer.WriteUInt((ulong)Ended.ToUnixTimeMilliseconds());
        using var transaction = vault.Local.Begin(write: true);
        transaction.Put(LocalTables.Line, device.ToArray(), writer.Written);
        transaction.Commit();
    }

    private static PeerLine? Decode(byte[] row)
    {
        try
        {
            var reader = new CborReader(row);
            reader.ReadArrayOf(3);
            string transport = reader.ReadText(MaxName);
            TimeSpan? roundTrip = reader.TryReadNull() ? null : TimeSpan.FromMicroseconds(reader.ReadUInt((ulong)TimeSpan.MaxValue.TotalMicroseconds / 2));
            var ended = DateTimeOffset.FromUnixTimeMilliseconds((long)reader.ReadUInt(LastMillisecond));
            reader.Finish();
            return new(transport, roundTrip, ended);
        }
        catch (VaultFormatException)
        {
            return null; // nothing stands on it
        }
    }
}

/// <summary>Measures a session's line by its PINGs. The shortest answer counts: a longer one has waited behind something at either end.</summary>
internal sealed class LineMeter(TimeProvider clock)
{
    private long? _sent;

    /// <summary>Both ends are members of one vault and have begun to talk.</summary>
    public bool Began { get; private set; }

    public TimeSpan? Shortest { get; private set; }

    public void Observe(SessionEffect effect)
    {
        if (effect is PingSent)
        {
            Began = true;
            _sent = clock.GetTimestamp();
        }

        if (effect is not PingAnswered || _sent is not { } sent) return;
        _sent = null;
        var time = clock.GetElapsedTime(sent);
        if (Shortest is not { } before || time < before) Shortest = time;
    }
}
