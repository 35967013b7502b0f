using System.Buffers.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// A point in the history of a vault as one word that people and scripts keep: "since-" and base64url of CBOR ‖ the first 4 bytes of its
/// SHA-256, CBOR = [1, vaultId, applied vector]. It says how much was written, not what; it is no secret and no proof (docs/decisions/082).
/// </summary>
public static class VectorToken
{
    public const string Prefix = "since-";

    /// <summary>Characters: some ten thousand logs. Nothing is decoded of a longer text.</summary>
    private const int MaxLength = 1 << 20;

    private const int CheckSize = 4;

    public static string Format(VaultId vault, VersionVector applied)
    {
        var writer = new CborWriter(64 + (applied.Count * 64));
        writer.WriteArray(3);
        writer.WriteUInt(1);
        writer.WriteId(vault);
        applied.Write(writer);
        return Prefix + Base64Url.EncodeToString([.. writer.Written, .. Check(writer.Written)]);
    }

    /// <summary>The vector in a token of this vault.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.TokenInvalid"/>: it is none, a part of it is missing, or it is of another vault.</exception>
    public static VersionVector Parse(VaultId vault, string text)
    {
        string token = text.Trim();
        if (token.Length > MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal)) throw Invalid();
        try
        {
            string encoded = token[Prefix.Length..];
            byte[] bytes = Base64Url.DecodeFromChars(encoded);
            // The last character's unused bits are not covered by the sum.
            if (bytes.Length <= CheckSize || !string.Equals(Base64Url.EncodeToString(bytes), encoded, StringComparison.Ordinal)) throw Invalid();
            var cbor = bytes.AsSpan(0, bytes.Length - CheckSize);
            if (!Check(cbor).SequenceEqual(bytes.AsSpan(cbor.Length))) throw Invalid();
            var reader = new CborReader(cbor);
            reader.ReadArrayOf(3);
            if (reader.ReadUInt() != 1) throw SyncErrors.TokenInvalid.With("The token was made by a newer version");
            var of = reader.ReadId32();
            var vector = VersionVector.Read(ref reader);
            reader.Finish();
            return of == vault ? vector : throw SyncErrors.TokenInvalid.With("The token is of another vault");
        }
        catch (Exception e) when (e is FormatException or VaultFormatException)
        {
            throw SyncErrors.TokenInvalid.With("The text is no token of a vault's state", e);
        }
    }

    private static byte[] Check(ReadOnlySpan<byte> cbor) => Digest.Hash(cbor).ToArray()[..CheckSize];

    private static SyncException Invalid() => SyncErrors.TokenInvalid.With("The text is no token of a vault's state, or a part of it is missing");
}
