using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Rules for names of items and collections: 1 to 4,096 bytes of NFC UTF-8 without NUL. Names are data, never paths.</summary>
public static class ItemName
{
    /// <summary>The name in NFC. Throws <see cref="SyncErrors.NameInvalid"/>.</summary>
    public static string Check(string name)
    {
        if (string.IsNullOrEmpty(name)) throw SyncErrors.NameInvalid.With("The name is empty");
        if (name.Contains('\0', StringComparison.Ordinal)) throw SyncErrors.NameInvalid.With("The name has a NUL character");
        try
        {
            string normal = name.Normalize(NormalizationForm.FormC);
            int bytes = StrictUtf8.GetByteCount(normal);
            return bytes <= Operation.MaxNameBytes ? normal : throw SyncErrors.NameInvalid.With($"The name has {bytes} bytes; 4,096 are allowed");
        }
        catch (Exception e) when (e is ArgumentException)
        {
            throw SyncErrors.NameInvalid.With("The name is not well-formed Unicode", e);
        }
    }

    /// <summary>
    /// Whether a name that came from elsewhere is one that <see cref="Check"/> gives back unchanged, as far as spelling goes. U+FFFE is asked
    /// for first: the runtime throws at it, and an exception while a log is read would keep the whole vault closed.
    /// </summary>
    public static bool IsCanonical(string name) => !name.Contains('\uFFFE', StringComparison.Ordinal) && name.IsNormalized(NormalizationForm.FormC);

    /// <summary>By collection, then key, in the order of their UTF-8 bytes, which is the order of code points and the same on every machine.</summary>
    public static int Compare(KeyState left, KeyState right)
    {
        int c = CompareUtf8(left.Collection, right.Collection);
        return c != 0 ? c : CompareUtf8(left.Key, right.Key);
    }

    /// <summary>UTF-16 sorts surrogates below U+E000…U+FFFF, UTF-8 above.</summary>
    public static int CompareUtf8(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            char a = left[i], b = right[i];
            if (a == b) continue;
            bool surrogateA = char.IsSurrogate(a), surrogateB = char.IsSurrogate(b);
            return surrogateA == surrogateB ? a.CompareTo(b) : surrogateA ? 1 : -1;
        }

        return left.Length.CompareTo(right.Length);
    }

    private static UTF8Encoding StrictUtf8 { get; } = new(false, throwOnInvalidBytes: true);
}
