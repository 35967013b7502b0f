using System.Buffers.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// What a link invite says (format-1 §14): [1, secret 16, vaultId, inviter, addresses, hubs, expires]. It is a secret as a whole:
/// read from a file, stdin or a prompt, never from an argument.
/// </summary>
/// <param name="Secret">16 bytes; used once.</param>
/// <param name="VaultId">The vault that the joiner pins.</param>
/// <param name="Inviter">The only device that may answer.</param>
/// <param name="Addresses">Where it listens, most useful first; at most 16.</param>
/// <param name="Hubs">Hubs of the vault; at most 8.</param>
/// <param name="ExpiresMilliseconds">Unix time in ms.</param>
public sealed record Invite(Id16 Secret, VaultId VaultId, DeviceId Inviter, IReadOnlyList<string> Addresses, IReadOnlyList<string> Hubs, long ExpiresMilliseconds)
{
    public InviteSecret CreateSecret() => new(Secret.ToArray(), VaultId);

    /// <summary>The vault only, never the secret.</summary>
    public override string ToString() => "Invite to " + VaultId.ToString()[..8];
}

/// <summary>The line that a person copies: "syncmodule:" and base64url of CBOR ‖ 4 bytes of H(L("invite/text") ‖ CBOR).</summary>
public static class InviteText
{
    public const string Prefix = "syncmodule:";
    private const int MaxTextLength = 8 * 1024;

    /// <summary>Addresses in one invite.</summary>
    public const int MaxAddresses = 16;

    private const int MaxHubs = 8;
    private const int MaxEntry = 256;
    private const int CheckSize = 4;

    public static string Format(Invite invite)
    {
        var writer = new CborWriter();
        writer.WriteArray(7);
        writer.WriteUInt(1);
        writer.WriteId(invite.Secret);
        writer.WriteId(invite.VaultId);
        writer.WriteId(invite.Inviter);
        WriteList(writer, invite.Addresses, MaxAddresses);
        WriteList(writer, invite.Hubs, MaxHubs);
        writer.WriteUInt((ulong)invite.ExpiresMilliseconds);
        return Prefix + Base64Url.EncodeToString([.. writer.Written, .. Check(writer.Written)]);
    }

    /// <summary>Reads an invite; white space that a mail program or a terminal put in is ignored. Expiry is the caller's to check.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.InviteInvalid"/> for whatever is no whole invite.</exception>
    public static Invite Parse(string text)
    {
        if (text.Length > 2 * MaxTextLength) throw Invalid();
        string line = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (line.Length > MaxTextLength || !line.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) throw Invalid();
        string encoded = line[Prefix.Length..];
        try
        {
            byte[] bytes = Base64Url.DecodeFromChars(encoded);
            // The last character's unused bits are not covered by the checksum.
            if (bytes.Length <= CheckSize || !string.Equals(Base64Url.EncodeToString(bytes), encoded, StringComparison.Ordinal)) throw Invalid();
            var cbor = bytes.AsSpan(0, bytes.Length - CheckSize);
            if (!Check(cbor).SequenceEqual(bytes.AsSpan(cbor.Length))) throw Invalid();
            return Read(cbor);
        }
        catch (Exception e) when (e is FormatException or VaultFormatException)
        {
            throw SyncErrors.InviteInvalid.With("The text is no invite", e);
        }
    }

    private static Invite Read(ReadOnlySpan<byte> cbor)
    {
        var reader = new CborReader(cbor);
        reader.ReadArrayOf(7);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("The invite has an unknown format.");
        var secret = reader.ReadId16();
        var vaultId = reader.ReadId32();
        var inviter = reader.ReadId32();
        var addresses = ReadList(ref reader, MaxAddresses);
        var hubs = ReadList(ref reader, MaxHubs);
        long expires = (long)reader.ReadUInt(long.MaxValue);
        reader.Finish();
        return new Invite(secret, vaultId, inviter, addresses, hubs, expires);
    }

    private static void WriteList(CborWriter writer, IReadOnlyList<string> entries, int max)
    {
        if (entries.Count > max || entries.Any(e => System.Text.Encoding.UTF8.GetByteCount(e) > MaxEntry)) throw new ArgumentException("An invite has at most 16 addresses and 8 hubs of 256 bytes.", nameof(entries));
        writer.WriteArray(entries.Count);
        foreach (string entry in entries) writer.WriteText(entry);
    }

    private static string[] ReadList(ref CborReader reader, int max)
    {
        var entries = new string[reader.ReadArray(max)];
        for (int i = 0; i < entries.Length; i++) entries[i] = reader.ReadText(MaxEntry);
        return entries;
    }

    private static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> cbor) => Digest.HashOf(Labels.InviteText, cbor).ToArray().AsSpan(0, CheckSize);

    private static SyncException Invalid() => SyncErrors.InviteInvalid.With("The text is no invite, or a part of it is missing");
}
