using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Security;
using System.Text;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Values;

/// <summary>A value as it is stored.</summary>
internal readonly record struct EncodedValue(string Kind, byte[] Bytes);

/// <summary>
/// Between values of PowerShell and bytes. Containers of plain values become JSON, whose fields other programs can read and that can
/// be merged; what JSON would change becomes CLIXML. A SecureString inside anything is taken apart by us: CLIXML would bind it to one
/// user on Windows, and another machine could never read it.
/// </summary>
internal static class ValueCodec
{
    public const int DefaultDepth = 5;

    /// <exception cref="SyncException"><see cref="SyncErrors.ValueUnsupported"/>.</exception>
    public static EncodedValue Encode(object? value, int depth = DefaultDepth)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        switch (plain)
        {
            case null:
                throw SyncErrors.ValueUnsupported.With("$null is no value");
            case byte[] bytes:
                return new(ValueKind.Bytes, bytes);
            case string text:
                return new(ValueKind.Text, Utf8(text));
            case SecureString secret:
                return new(ValueKind.SecureString, SecureText.Use(secret, Utf8Of));
            case PSCredential credential:
                return new(ValueKind.Credential, ValueJson.Write(credential, depth));
        }

        string kind = plain switch
        {
            IOrderedDictionary => ValueKind.Ordered,
            IDictionary => ValueKind.Map,
            PSObject => ValueKind.Object,
            _ => ValueKind.Json,
        };
        return ValueJson.IsLossless(plain, kind, depth) ? new(kind, ValueJson.Write(plain, depth)) : new(ValueKind.CliXml, ValueCliXml.Write(plain, depth));
    }

    /// <summary>The value of these bytes; bytes of an unknown kind (a file, mirord, a newer version) are given back as they are.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ObjectDamaged"/>: the bytes do not fit their kind.</exception>
    public static object Decode(string? kind, byte[] bytes, bool asPlainText = false)
    {
        try
        {
            return kind switch
            {
                ValueKind.Text => asPlainText ? Strict.GetString(bytes) : Secret(bytes),
                ValueKind.SecureString => Secret(bytes),
                ValueKind.Credential or ValueKind.Map or ValueKind.Ordered or ValueKind.Object or ValueKind.Json => ValueJson.Read(bytes, kind),
                ValueKind.CliXml => ValueCliXml.Read(bytes),
                _ => bytes,
            };
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or DecoderFallbackException or FormatException or System.Xml.XmlException or InvalidOperationException)
        {
            throw SyncErrors.ObjectDamaged.With("The value's bytes do not fit its kind", e);
        }
    }

    private static UTF8Encoding Strict { get; } = new(false, throwOnInvalidBytes: true);

    private static byte[] Utf8(ReadOnlySpan<char> text)
    {
        try
        {
            var bytes = new byte[Strict.GetByteCount(text)];
            Strict.GetBytes(text, bytes);
            return bytes;
        }
        catch (EncoderFallbackException e)
        {
            throw SyncErrors.ValueUnsupported.With("The text has half of a surrogate pair, which UTF-8 cannot carry", e);
        }
    }

    private static byte[] Utf8Of(ReadOnlySpan<char> text) => Utf8(text);

    private static SecureString Secret(byte[] bytes)
    {
        char[] characters = Strict.GetChars(bytes);
        try
        {
            return SecureText.FromPlain(characters);
        }
        finally
        {
            Array.Clear(characters);
        }
    }
}
