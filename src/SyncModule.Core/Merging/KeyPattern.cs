namespace SyncModule.Core.Merging;

/// <summary>A pattern over the keys of a collection: <c>*</c> is any run of characters, '/' too, <c>?</c> is one; everything else stands for itself, case included.</summary>
public static class KeyPattern
{
    public static bool Matches(string pattern, string key)
    {
        int p = 0, k = 0, star = -1, from = 0;
        while (k < key.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, from) = (p++, k);
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == key[k])) (p, k) = (p + 1, k + 1);
            else if (star >= 0) (p, k) = (star + 1, ++from);
            else return false;
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Which of two patterns that both fit is meant: the one with more characters that stand for themselves, the longer one, the first in ordinal order. Below 0: the left one.</summary>
    public static int CompareSpecific(string left, string right)
    {
        int c = Literals(right).CompareTo(Literals(left));
        if (c == 0) c = right.Length.CompareTo(left.Length);
        return c != 0 ? c : string.CompareOrdinal(left, right);
    }

    private static int Literals(string pattern)
    {
        int count = 0;
        foreach (char c in pattern)
        {
            if (c is not ('*' or '?')) count++;
        }

        return count;
    }
}
